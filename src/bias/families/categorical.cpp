#include <ATen/ops/log_softmax.h>
#include <ATen/ops/one_hot.h>
#include <cebm/families.h>

#include <string>

#include "bias/blocks.h"

namespace cebm {

std::string CategoricalFamily::name() const { return "categorical of " + std::to_string(size_); }

std::vector<Domain> CategoricalFamily::domain() const { return {Domain::real}; }

torch::Tensor CategoricalFamily::sufficient_statistics(const torch::Tensor& z) const { return z.unsqueeze(-2); }

torch::Tensor CategoricalFamily::log_partition(const torch::Tensor& natural) const {
  return torch::logsumexp(in_blocks(natural.squeeze(-2), size_), -1);
}

torch::Tensor CategoricalFamily::mean_parameters(const torch::Tensor& natural) const {
  return torch::softmax(in_blocks(natural, size_), -1).flatten(-2);
}

torch::Tensor CategoricalFamily::log_base_measure(const torch::Tensor& z) const {
  return torch::zeros_like(in_blocks(z, size_).select(-1, 0));
}

torch::Tensor CategoricalFamily::mean(const torch::Tensor& natural) const {
  return mean_parameters(natural).squeeze(-2);
}

torch::Tensor CategoricalFamily::variance(const torch::Tensor& natural) const {
  const torch::Tensor p = mean(natural);
  return p * (1.0 - p);
}

torch::Tensor CategoricalFamily::sample(const torch::Tensor& natural, const Draws& draws) const {
  const torch::Tensor logits = in_blocks(natural.squeeze(-2), size_);
  return one_hot_draw(logits, draws.uniform(0, logits.size(-2)).unsqueeze(-1)).flatten(-2);
}

torch::Tensor CategoricalFamily::natural_from_unconstrained(const torch::Tensor& parameters) const {
  return parameters;
}

torch::Tensor ClassFamily::log_partition_of_class(const torch::Tensor& natural, const torch::Tensor& y) const {
  return (natural.squeeze(-2) * at::one_hot(y, size_)).sum(-1);
}

torch::Tensor ClassFamily::mean_parameters_of_class(const torch::Tensor& natural, const torch::Tensor& y) const {
  return at::one_hot(y, size_).to(natural.scalar_type()).unsqueeze(-2).expand_as(natural);
}

}  // namespace cebm
