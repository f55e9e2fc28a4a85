#include <c10/util/StringUtil.h>
#include <cebm/bias.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace cebm {

MixtureBias::MixtureBias(std::shared_ptr<const ExponentialFamily> family, torch::Tensor parameters, bool learnable,
                         bool per_component)
    : family_(std::move(family)), per_component_(per_component) {
  if (parameters.dim() != 3 || parameters.size(1) != family_->statistics() || parameters.size(0) < 1) {
    throw std::invalid_argument(c10::str("mixture bias: expected parameters of shape [components, ",
                                         family_->statistics(), ", latent dimensions], found ", parameters.sizes()));
  }
  // As a buffer the parameters are saved with the model although no optimiser moves them.
  parameters_ = learnable ? register_parameter("parameters", std::move(parameters))
                          : register_buffer("parameters", std::move(parameters));
}

std::int64_t MixtureBias::latent_dim() const { return parameters_.size(2); }

std::int64_t MixtureBias::statistic_sets() const { return per_component_ ? components() : 1; }

std::vector<Domain> MixtureBias::domain() const { return family_->domain(); }

torch::Tensor MixtureBias::natural() const { return family_->natural_from_unconstrained(parameters_); }

torch::Tensor MixtureBias::component_scores(const torch::Tensor& posterior_natural) const {
  return (family_->log_partition(posterior_natural) - family_->log_partition(natural())).sum(-1);
}

torch::Tensor MixtureBias::log_partition_difference(const torch::Tensor& statistics) const {
  const torch::Tensor scores = component_scores(natural() + statistics);
  return torch::logsumexp(scores, 1) - std::log(static_cast<double>(components()));
}

torch::Tensor MixtureBias::mean_parameters(const torch::Tensor& statistics) const {
  const torch::Tensor posterior_natural = natural() + statistics;
  const torch::Tensor means = family_->mean_parameters(posterior_natural);
  if (components() == 1) return means;
  const torch::Tensor weights = torch::softmax(component_scores(posterior_natural), 1);
  const torch::Tensor weighted = means * weights.unsqueeze(-1).unsqueeze(-1);
  return per_component_ ? weighted : weighted.sum(1, /*keepdim=*/true);
}

LatentDistribution MixtureBias::posterior(const torch::Tensor& statistics) const {
  const torch::Tensor posterior_natural = natural() + statistics;
  return {family_, torch::log_softmax(component_scores(posterior_natural), 1), posterior_natural};
}

torch::Tensor MixtureBias::joint_scores(const torch::Tensor& statistics, const torch::Tensor& z) const {
  const torch::Tensor eta = family_->sufficient_statistics(z).unsqueeze(1);
  const torch::Tensor agreement = ((natural() + statistics) * eta).sum(-2);
  return (agreement - family_->log_partition(natural())).sum(-1);
}

torch::Tensor MixtureBias::log_joint(const torch::Tensor& statistics, const torch::Tensor& z) const {
  return torch::logsumexp(joint_scores(statistics, z), 1) - std::log(static_cast<double>(components()));
}

torch::Tensor MixtureBias::joint_gradient(const torch::Tensor& statistics, const torch::Tensor& z) const {
  const torch::Tensor eta = family_->sufficient_statistics(z).unsqueeze(1);
  // The responsibilities of components that share their statistics add up to one.
  if (!per_component_) return eta.expand({std::max(statistics.size(0), z.size(0)), -1, -1, -1});
  return torch::softmax(joint_scores(statistics, z), 1).unsqueeze(-1).unsqueeze(-1) * eta;
}

torch::Tensor MixtureBias::of_component(const torch::Tensor& statistics, const torch::Tensor& y) const {
  const torch::Tensor lambda = natural().index_select(0, y);
  if (!per_component_) return lambda + statistics.select(1, 0);
  const std::int64_t rows = std::max(statistics.size(0), y.size(0));
  const torch::Tensor set = y.reshape({-1, 1, 1, 1}).expand({rows, 1, statistics.size(2), statistics.size(3)});
  return lambda + statistics.expand({rows, -1, -1, -1}).gather(1, set).squeeze(1);
}

torch::Tensor MixtureBias::log_component(const torch::Tensor& statistics, const torch::Tensor& y) const {
  const torch::Tensor after = family_->log_partition(of_component(statistics, y));
  const torch::Tensor before = family_->log_partition(natural()).index_select(0, y);
  return (after - before).sum(-1) - std::log(static_cast<double>(components()));
}

torch::Tensor MixtureBias::component_gradient(const torch::Tensor& statistics, const torch::Tensor& y) const {
  const torch::Tensor means = family_->mean_parameters(of_component(statistics, y)).unsqueeze(1);
  if (!per_component_) return means;
  const torch::Tensor chosen = y.unsqueeze(1).eq(torch::arange(components(), y.options()));
  return chosen.unsqueeze(-1).unsqueeze(-1) * means;
}

LatentDistribution MixtureBias::distribution() const {
  const double log_weight = -std::log(static_cast<double>(components()));
  return {family_, torch::full({1, components()}, log_weight, parameters_.options().requires_grad(false)),
          natural().unsqueeze(0)};
}

}  // namespace cebm
