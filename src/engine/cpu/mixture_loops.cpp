#include "engine/cpu/mixture_loops.h"

#include <algorithm>
#include <cmath>
#include <typeinfo>

#include "kernels/kernels.h"

namespace cebm {

namespace {

float unit_gaussian_log_partition(const float* natural, std::int64_t dims) {
  float sum = 0.0F;
  for (std::int64_t k = 0; k < dims; ++k) sum += 0.5F * natural[k] * natural[k];
  return sum;
}

void unit_gaussian_mean_parameters(const float* natural, std::int64_t dims, float* means) {
  std::copy_n(natural, dims, means);
}

float bernoulli_log_partition(const float* natural, std::int64_t dims) {
  float sum = 0.0F;
  for (std::int64_t k = 0; k < dims; ++k) {
    sum += std::max(natural[k], 0.0F) + std::log1p(std::exp(-std::abs(natural[k])));
  }
  return sum;
}

void bernoulli_mean_parameters(const float* natural, std::int64_t dims, float* means) {
  for (std::int64_t k = 0; k < dims; ++k) means[k] = 1.0F / (1.0F + std::exp(-natural[k]));
}

/// Compares types, not names: a user's own family may have any name.
const FamilyLoops* family_loops(const ExponentialFamily& family) {
  static constexpr FamilyLoops gaussian{kernels::cpu::gaussian_log_partition, kernels::cpu::gaussian_mean_parameters};
  static constexpr FamilyLoops unit_gaussian{unit_gaussian_log_partition, unit_gaussian_mean_parameters};
  static constexpr FamilyLoops bernoulli{bernoulli_log_partition, bernoulli_mean_parameters};
  if (typeid(family) == typeid(GaussianFamily)) return &gaussian;
  if (typeid(family) == typeid(UnitGaussianFamily)) return &unit_gaussian;
  return typeid(family) == typeid(BernoulliFamily) ? &bernoulli : nullptr;
}

}  // namespace

MixtureLoops::MixtureLoops(const FamilyLoops& family, const torch::Tensor& natural, const torch::Tensor& log_weights,
                           bool per_component)
    : family_(family),
      components_(natural.size(0)),
      dims_(natural.size(2)),
      size_(natural.size(1) * natural.size(2)),
      per_component_(per_component),
      natural_(natural.const_data_ptr<float>(), natural.const_data_ptr<float>() + natural.numel()),
      largest_log_weight_(log_weights.max().item<float>()) {
  for (std::int64_t l = 0; l < components_; ++l) {
    log_partitions_.push_back(family_.log_partition(natural_.data() + l * size_, dims_));
    log_weights_.push_back(log_weights[l].item<float>() - largest_log_weight_);
  }
}

void MixtureLoops::mean_parameters(const float* statistics, float* means, float* scratch) const {
  float* const posterior = scratch;
  if (components_ == 1) {
    add(0, statistics, posterior);
    return family_.mean_parameters(posterior, dims_, means);
  }
  float* const of_component = posterior + size_;
  float* const weights = of_component + size_;
  softmax(statistics, posterior, weights);
  std::fill_n(means, per_component_ ? components_ * size_ : size_, 0.0F);
  for (std::int64_t l = 0; l < components_; ++l) {
    if (weights[l] == 0.0F) continue;
    add(l, statistics, posterior);
    family_.mean_parameters(posterior, dims_, of_component);
    float* const sum = per_component_ ? means + l * size_ : means;
    for (std::int64_t i = 0; i < size_; ++i) sum[i] += weights[l] * of_component[i];
  }
}

void MixtureLoops::add(std::int64_t l, const float* statistics, float* posterior) const {
  const float* const lambda = natural_.data() + l * size_;
  const float* const t = per_component_ ? statistics + l * size_ : statistics;
  for (std::int64_t i = 0; i < size_; ++i) posterior[i] = lambda[i] + t[i];
}

float MixtureLoops::log_partition_difference(const float* statistics, float* scratch) const {
  float* const of_components = scratch + 2 * size_;
  const float largest = scores(statistics, scratch, of_components);
  if (components_ == 1) return largest;
  float sum = 0.0F;
  for (std::int64_t l = 0; l < components_; ++l) sum += std::exp(of_components[l] - largest);
  return largest + std::log(sum) + largest_log_weight_;
}

float MixtureLoops::scores(const float* statistics, float* posterior, float* of_components) const {
  for (std::int64_t l = 0; l < components_; ++l) {
    add(l, statistics, posterior);
    const auto index = static_cast<std::size_t>(l);
    of_components[l] = family_.log_partition(posterior, dims_) - log_partitions_[index] + log_weights_[index];
  }
  return *std::max_element(of_components, of_components + components_);
}

void MixtureLoops::softmax(const float* statistics, float* posterior, float* weights) const {
  const float largest = scores(statistics, posterior, weights);
  float sum = 0.0F;
  for (std::int64_t l = 0; l < components_; ++l) sum += weights[l] = std::exp(weights[l] - largest);
  for (std::int64_t l = 0; l < components_; ++l) weights[l] /= sum;
}

std::unique_ptr<MixtureLoops> mixture_loops(const MixtureForm& form) {
  const FamilyLoops* const family = family_loops(*form.family);
  if (family == nullptr || !form.natural.is_cpu()) return nullptr;
  return std::make_unique<MixtureLoops>(*family, form.natural.to(torch::kFloat).contiguous(), form.log_weights,
                                        form.per_component);
}

}  // namespace cebm
