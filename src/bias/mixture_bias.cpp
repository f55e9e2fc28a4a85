#include <c10/util/StringUtil.h>
#include <cebm/bias.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "bias/select_rows.h"

namespace cebm {

MixtureBias::MixtureBias(std::shared_ptr<const ExponentialFamily> family, torch::Tensor parameters, bool learnable,
                         bool per_component, torch::Tensor weights)
    : family_(std::move(family)), per_component_(per_component) {
  if (parameters.dim() != 3 || parameters.size(1) != family_->statistics() || parameters.size(0) < 1) {
    throw std::invalid_argument(c10::str("mixture bias: expected parameters of shape [components, ",
                                         family_->statistics(), ", latent dimensions], found ", parameters.sizes()));
  }
  if (weights.defined() && !(weights.dim() == 1 && weights.size(0) == parameters.size(0))) {
    throw std::invalid_argument(
        c10::str("mixture bias: expected weights of shape [", parameters.size(0), "], found ", weights.sizes()));
  }
  // A buffer is saved with the model, but no optimiser trains it.
  const auto keep = [&](const std::string& name, torch::Tensor tensor) {
    return learnable ? register_parameter(name, std::move(tensor)) : register_buffer(name, std::move(tensor));
  };
  parameters_ = keep("parameters", std::move(parameters));
  for (const auto& [name, tensor] : family_->parameters()) keep(name, tensor);
  if (weights.defined()) weights_ = register_parameter("weights", std::move(weights));
}

std::int64_t MixtureBias::latent_dim() const { return family_->latent_dim(parameters_.size(2)); }

std::int64_t MixtureBias::statistic_sets() const { return per_component_ ? components() : 1; }

std::vector<Domain> MixtureBias::domain() const { return family_->domain(); }

torch::Tensor MixtureBias::natural() const { return family_->natural_from_unconstrained(parameters_); }

torch::Tensor MixtureBias::log_weights() const {
  if (weights_.defined()) return torch::log_softmax(weights_, 0);
  return torch::full({components()}, -std::log(static_cast<double>(components())),
                     parameters_.options().requires_grad(false));
}

torch::Tensor MixtureBias::weighted(const torch::Tensor& scores) const {
  return weights_.defined() ? scores + log_weights() : scores;
}

std::optional<MixtureForm> MixtureBias::form() const {
  return MixtureForm{family_, natural().detach(), per_component_, log_weights().detach()};
}

torch::Tensor MixtureBias::component_scores(const torch::Tensor& posterior_natural) const {
  return (family_->log_partition(posterior_natural) - family_->log_partition(natural())).sum(-1);
}

torch::Tensor MixtureBias::log_sum(const torch::Tensor& scores) const {
  const torch::Tensor sum = torch::logsumexp(weighted(scores), 1);
  return weights_.defined() ? sum : sum - std::log(static_cast<double>(components()));
}

torch::Tensor MixtureBias::log_partition_difference(const torch::Tensor& statistics) const {
  return log_sum(component_scores(natural() + statistics));
}

torch::Tensor MixtureBias::mean_parameters(const torch::Tensor& statistics) const {
  const torch::Tensor posterior_natural = natural() + statistics;
  const torch::Tensor means = family_->mean_parameters(posterior_natural);
  if (components() == 1) return means;
  const torch::Tensor weights = torch::softmax(weighted(component_scores(posterior_natural)), 1);
  const torch::Tensor weighted = means * weights.unsqueeze(-1).unsqueeze(-1);
  return per_component_ ? weighted : weighted.sum(1, /*keepdim=*/true);
}

LatentDistribution MixtureBias::posterior(const torch::Tensor& statistics) const {
  const torch::Tensor posterior_natural = natural() + statistics;
  return {family_, torch::log_softmax(weighted(component_scores(posterior_natural)), 1), posterior_natural};
}

torch::Tensor MixtureBias::joint_scores(const torch::Tensor& statistics, const torch::Tensor& z) const {
  const torch::Tensor eta = family_->sufficient_statistics(z).unsqueeze(1);
  const torch::Tensor normaliser = family_->log_partition(natural());
  return (sum_by_factor((natural() + statistics) * eta, normaliser.size(-1)) - normaliser).sum(-1);
}

torch::Tensor MixtureBias::log_joint(const torch::Tensor& statistics, const torch::Tensor& z) const {
  return log_sum(joint_scores(statistics, z));
}

torch::Tensor MixtureBias::joint_gradient(const torch::Tensor& statistics, const torch::Tensor& z) const {
  const torch::Tensor eta = family_->sufficient_statistics(z).unsqueeze(1);
  // The responsibilities of components that share their statistics add up to one.
  if (!per_component_) return eta.expand({std::max(statistics.size(0), z.size(0)), -1, -1, -1});
  return torch::softmax(weighted(joint_scores(statistics, z)), 1).unsqueeze(-1).unsqueeze(-1) * eta;
}

torch::Tensor MixtureBias::of_component(const torch::Tensor& statistics, const torch::Tensor& y) const {
  const torch::Tensor lambda = select_rows(natural(), y);
  if (!per_component_) return lambda + statistics.select(1, 0);
  const std::int64_t rows = std::max(statistics.size(0), y.size(0));
  const torch::Tensor set = y.reshape({-1, 1, 1, 1}).expand({rows, 1, statistics.size(2), statistics.size(3)});
  return lambda + statistics.expand({rows, -1, -1, -1}).gather(1, set).squeeze(1);
}

torch::Tensor MixtureBias::log_component(const torch::Tensor& statistics, const torch::Tensor& y) const {
  const torch::Tensor after = family_->log_partition(of_component(statistics, y));
  const torch::Tensor before = select_rows(family_->log_partition(natural()), y);
  return (after - before).sum(-1) + select_rows(log_weights(), y);
}

torch::Tensor MixtureBias::component_gradient(const torch::Tensor& statistics, const torch::Tensor& y) const {
  const torch::Tensor means = family_->mean_parameters(of_component(statistics, y)).unsqueeze(1);
  if (!per_component_) return means;
  const torch::Tensor chosen = y.unsqueeze(1).eq(torch::arange(components(), y.options()));
  return chosen.unsqueeze(-1).unsqueeze(-1) * means;
}

LatentDistribution MixtureBias::distribution() const {
  return {family_, log_weights().unsqueeze(0), natural().unsqueeze(0)};
}

}  // namespace cebm
