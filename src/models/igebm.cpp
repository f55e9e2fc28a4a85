#include <c10/core/GradMode.h>
#include <cebm/model.h>
#include <cebm/random.h>

#include <cmath>

namespace cebm {

namespace {

// Far above the indices that an encoder's layers use in the same stream.
constexpr std::uint64_t kHeadIndex = 1U << 20U;

torch::Tensor head_values(torch::IntArrayRef shape, std::int64_t fan_in, std::uint64_t seed, std::uint64_t index) {
  const float bound = 1.0F / std::sqrt(static_cast<float>(fan_in));
  return uniform(shape, {seed, Stream::weights, kHeadIndex + index}, -bound, bound);
}

/// E(o) = w^T f(o) + c.
class LinearHead final : public EnergyHead {
 public:
  LinearHead(Activation activation, torch::Tensor weight, torch::Tensor offset)
      : activation_(std::move(activation)), weight_(std::move(weight)), offset_(std::move(offset)) {}

  torch::Tensor energy(const torch::Tensor& outputs, std::int64_t /*first_row*/) const override {
    return at::linear(activation_(outputs), weight_, offset_).squeeze(1);
  }
  torch::Tensor gradient(const torch::Tensor& outputs, std::int64_t /*first_row*/) const override {
    return activation_.pull_back(outputs, weight_.expand_as(outputs));
  }
  HeadForm form() const override { return LinearForm{activation_, weight_}; }

 private:
  Activation activation_;
  torch::Tensor weight_;
  torch::Tensor offset_;
};

}  // namespace

Igebm::Igebm(ImageShape image, std::shared_ptr<Encoder> encoder, Activation activation, std::int64_t latent_dim,
             std::uint64_t seed)
    : EnergyModel(image),
      encoder_(register_module("encoder", std::move(encoder))),
      activation_(std::move(activation)),
      weight_(register_parameter("weight", head_values({1, latent_dim}, latent_dim, seed, 0))),
      offset_(register_parameter("offset", head_values({1}, latent_dim, seed, 1))) {}

torch::Tensor Igebm::energy(const torch::Tensor& x) { return at::linear(latent(x), weight_, offset_).squeeze(1); }

torch::Tensor Igebm::input_gradient(const torch::Tensor& x) { return energy_and_gradient(x).gradient; }

EnergyGradient Igebm::energy_and_gradient(const torch::Tensor& x) {
  const torch::NoGradGuard no_graph;
  const Linearization encoded = encoder_->linearize(x);
  return {at::linear(activation_(encoded.output), weight_, offset_).squeeze(1),
          encoded.pull_back(activation_.pull_back(encoded.output, weight_.expand_as(encoded.output)))};
}

std::optional<EnergyPlan> Igebm::plan() const {
  std::vector<FeedForwardLayer> layers = encoder_->feed_forward();
  if (layers.empty()) return std::nullopt;
  return EnergyPlan{std::move(layers), std::make_shared<LinearHead>(activation_, weight_, offset_)};
}

}  // namespace cebm
