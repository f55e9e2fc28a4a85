#include "engine/elbo_gradient.h"

#include <cebm/loss_gradient.h>

#include <utility>

namespace cebm {

ElboGradient::ElboGradient(Vae& model, torch::Device device, std::optional<WorkDevice> recorder)
    : model_(model), functions_(model, device) {
  if (!recorder) return;
  recorded_.emplace(*std::move(recorder), model,
                    [this](const auto& inputs) { return values(inputs[0], inputs[1], model_.networks()); });
}

torch::Tensor ElboGradient::add(const torch::Tensor& images, const torch::Tensor& noise,
                                const std::function<torch::Tensor(const torch::Tensor& values)>& loss,
                                GradientParts* parts) {
  if (recorded_) return recorded_->add_loss({images, noise}, loss, parts);
  const VaeNetworks networks = functions_.networks();
  const auto of_tile = [&](const Tile& tile) {
    return values(images.narrow(0, tile.begin, tile.size), noise.narrow(0, tile.begin, tile.size), networks);
  };
  return add_loss_gradient(model_.parameters(), images.device(), images.size(0), of_tile, loss, parts);
}

torch::Tensor ElboGradient::values(const torch::Tensor& images, const torch::Tensor& noise,
                                   const VaeNetworks& by) const {
  const Elbo elbo = model_.elbo(images, noise.transpose(0, 1).contiguous(), by);
  return torch::stack({elbo.log_likelihood, elbo.kl}, 1);
}

}  // namespace cebm
