#include <cebm/bias.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace cebm {

ClassBias::ClassBias(std::shared_ptr<const ExponentialFamily> family, torch::Tensor parameters, bool learnable)
    : labels_(dynamic_cast<const LabelledFamily*>(family.get())) {
  if (labels_ == nullptr)
    throw std::invalid_argument("class bias: expected a family with classes, found " + family->name());
  if (parameters.dim() != 3 || parameters.size(0) != 1) {
    throw std::invalid_argument("class bias: expected the parameters of one member, [1, P, K]");
  }
  whole_ = register_module("family", std::make_shared<MixtureBias>(std::move(family), std::move(parameters), learnable,
                                                                   /*per_component=*/false));
}

torch::Tensor ClassBias::log_partition_difference(const torch::Tensor& statistics) const {
  return whole_->log_partition_difference(statistics);
}

torch::Tensor ClassBias::mean_parameters(const torch::Tensor& statistics) const {
  return whole_->mean_parameters(statistics);
}

LatentDistribution ClassBias::posterior(const torch::Tensor& statistics) const { return whole_->posterior(statistics); }

LatentDistribution ClassBias::distribution() const { return whole_->distribution(); }

torch::Tensor ClassBias::log_joint(const torch::Tensor& statistics, const torch::Tensor& z) const {
  return whole_->log_joint(statistics, z);
}

torch::Tensor ClassBias::joint_gradient(const torch::Tensor& statistics, const torch::Tensor& z) const {
  return whole_->joint_gradient(statistics, z);
}

torch::Tensor ClassBias::posterior_natural(const torch::Tensor& statistics, const torch::Tensor& y) const {
  const std::int64_t rows = std::max(statistics.size(0), y.size(0));
  return (whole_->natural() + statistics.select(1, 0)).expand({rows, -1, -1});
}

torch::Tensor ClassBias::log_component(const torch::Tensor& statistics, const torch::Tensor& y) const {
  const torch::Tensor natural = posterior_natural(statistics, y);
  const torch::Tensor normaliser = whole_->family().log_partition(whole_->natural()).sum(-1);
  return labels_->log_partition_of_class(natural, y.expand({natural.size(0)})) - normaliser;
}

torch::Tensor ClassBias::component_gradient(const torch::Tensor& statistics, const torch::Tensor& y) const {
  const torch::Tensor natural = posterior_natural(statistics, y);
  return labels_->mean_parameters_of_class(natural, y.expand({natural.size(0)})).unsqueeze(1);
}

std::shared_ptr<ConjugateBias> single_bias(const FamilyStart& start, bool learnable) {
  const torch::Tensor parameters = start.parameters.unsqueeze(0);
  if (dynamic_cast<const LabelledFamily*>(start.family.get()) != nullptr) {
    return std::make_shared<ClassBias>(start.family, parameters, learnable);
  }
  return std::make_shared<MixtureBias>(start.family, parameters, learnable, /*per_component=*/false);
}

}  // namespace cebm
