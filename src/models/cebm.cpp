#include <c10/core/GradMode.h>
#include <cebm/model.h>

namespace cebm {

Cebm::Cebm(ImageShape image, std::shared_ptr<Encoder> encoder, StatisticMaps maps, std::shared_ptr<ConjugateBias> bias)
    : EnergyModel(image),
      encoder_(register_module("encoder", std::move(encoder))),
      maps_(std::move(maps)),
      bias_(register_module("bias", std::move(bias))) {}

torch::Tensor Cebm::as_statistics(const torch::Tensor& outputs) const {
  return outputs.view({outputs.size(0), bias_->statistic_sets(), static_cast<std::int64_t>(bias_->domain().size()),
                       bias_->latent_dim()});
}

torch::Tensor Cebm::statistics(const torch::Tensor& x) { return maps_(as_statistics(encoder_->forward(x))); }

torch::Tensor Cebm::energy(const torch::Tensor& x) { return -bias_->log_partition_difference(statistics(x)); }

torch::Tensor Cebm::input_gradient(const torch::Tensor& x) {
  return pull_back(x, [this](const torch::Tensor& statistics) { return -bias_->mean_parameters(statistics); });
}

torch::Tensor Cebm::pull_back(const torch::Tensor& x,
                              const std::function<torch::Tensor(const torch::Tensor& statistics)>& gradient) {
  const torch::NoGradGuard no_graph;
  const Linearization encoded = encoder_->linearize(x);
  const torch::Tensor raw = as_statistics(encoded.output);
  return encoded.pull_back(maps_.pull_back(raw, gradient(maps_(raw))).view_as(encoded.output));
}

LatentDistribution Cebm::posterior(const torch::Tensor& x) { return bias_->posterior(statistics(x)); }

torch::Tensor Cebm::latent(const torch::Tensor& x) { return posterior(x).component_mean(); }

}  // namespace cebm
