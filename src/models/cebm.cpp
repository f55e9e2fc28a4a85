#include <c10/core/GradMode.h>
#include <cebm/model.h>

#include "models/statistic_head.h"

namespace cebm {

namespace {

StatisticShape shape_of(const ConjugateBias& bias) {
  return {bias.statistic_sets(), static_cast<std::int64_t>(bias.domain().size()), bias.latent_dim()};
}

}  // namespace

Cebm::Cebm(ImageShape image, std::shared_ptr<Encoder> encoder, StatisticMaps maps, std::shared_ptr<ConjugateBias> bias)
    : EnergyModel(image),
      encoder_(register_module("encoder", std::move(encoder))),
      maps_(std::move(maps)),
      bias_(register_module("bias", std::move(bias))) {}

torch::Tensor Cebm::as_statistics(const torch::Tensor& outputs) const {
  const StatisticShape shape = shape_of(*bias_);
  return outputs.view({outputs.size(0), shape.sets, shape.statistics, shape.dims});
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

EnergyGradient Cebm::energy_and_gradient(const torch::Tensor& x) {
  return value_and_pull_back(
      x, [this](const torch::Tensor& statistics) { return -bias_->log_partition_difference(statistics); },
      [this](const torch::Tensor& statistics) { return -bias_->mean_parameters(statistics); });
}

EnergyGradient Cebm::value_and_pull_back(
    const torch::Tensor& x, const std::function<torch::Tensor(const torch::Tensor& statistics)>& value,
    const std::function<torch::Tensor(const torch::Tensor& statistics)>& gradient) {
  torch::Tensor values;
  const torch::Tensor pulled = pull_back(x, [&](const torch::Tensor& statistics) {
    values = value(statistics);
    return gradient(statistics);
  });
  return {values, pulled};
}

std::optional<EnergyPlan> Cebm::plan() const {
  std::vector<FeedForwardLayer> layers = encoder_->feed_forward();
  if (layers.empty()) return std::nullopt;
  StatisticEnergy energy{[this](const torch::Tensor& t, std::int64_t) { return -bias_->log_partition_difference(t); },
                         [this](const torch::Tensor& t, std::int64_t) { return -bias_->mean_parameters(t); }};
  return EnergyPlan{std::move(layers),
                    std::make_shared<StatisticHead>(shape_of(*bias_), maps_, std::move(energy), bias_.get())};
}

std::optional<EnergyPlan> Cebm::plan(StatisticEnergy energy) const {
  std::vector<FeedForwardLayer> layers = encoder_->feed_forward();
  if (layers.empty()) return std::nullopt;
  return EnergyPlan{std::move(layers),
                    std::make_shared<StatisticHead>(shape_of(*bias_), maps_, std::move(energy), nullptr)};
}

LatentDistribution Cebm::posterior_of(const torch::Tensor& outputs) const {
  return bias_->posterior(maps_(as_statistics(outputs)));
}

}  // namespace cebm
