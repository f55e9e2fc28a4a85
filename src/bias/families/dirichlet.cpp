#include <ATen/ops/digamma.h>
#include <ATen/ops/lgamma.h>
#include <cebm/families.h>

#include <limits>

#include "bias/blocks.h"
#include "bias/gamma_draw.h"

namespace cebm {

namespace {

/// alpha: [..., 1, K] -> [..., F, C].
torch::Tensor concentrations(const torch::Tensor& natural, std::int64_t size) {
  return in_blocks(natural.squeeze(-2) + 1.0, size);
}

}  // namespace

std::string DirichletFamily::name() const { return "dirichlet of " + std::to_string(size_); }

std::vector<Domain> DirichletFamily::domain() const { return {Domain::positive}; }

torch::Tensor DirichletFamily::sufficient_statistics(const torch::Tensor& z) const { return z.log().unsqueeze(-2); }

torch::Tensor DirichletFamily::log_partition(const torch::Tensor& natural) const {
  const torch::Tensor alpha = concentrations(natural, size_);
  return at::lgamma(alpha).sum(-1) - at::lgamma(alpha.sum(-1));
}

torch::Tensor DirichletFamily::mean_parameters(const torch::Tensor& natural) const {
  const torch::Tensor alpha = concentrations(natural, size_);
  return (at::digamma(alpha) - at::digamma(alpha.sum(-1, /*keepdim=*/true))).flatten(-2).unsqueeze(-2);
}

torch::Tensor DirichletFamily::log_base_measure(const torch::Tensor& z) const {
  return torch::zeros_like(in_blocks(z, size_).select(-1, 0));
}

torch::Tensor DirichletFamily::mean(const torch::Tensor& natural) const {
  const torch::Tensor alpha = concentrations(natural, size_);
  return (alpha / alpha.sum(-1, /*keepdim=*/true)).flatten(-2);
}

torch::Tensor DirichletFamily::variance(const torch::Tensor& natural) const {
  const torch::Tensor alpha = concentrations(natural, size_);
  const torch::Tensor total = alpha.sum(-1, /*keepdim=*/true);
  const torch::Tensor share = alpha / total;
  return (share * (1.0 - share) / (total + 1.0)).flatten(-2);
}

torch::Tensor DirichletFamily::sample(const torch::Tensor& natural, const Draws& draws) const {
  // With small concentrations shares underflow; their logarithms, the statistics, must stay finite.
  return torch::softmax(in_blocks(log_gamma_draw(natural.squeeze(-2) + 1.0, draws), size_), -1)
      .clamp_min(std::numeric_limits<float>::min())
      .flatten(-2);
}

torch::Tensor DirichletFamily::natural_from_unconstrained(const torch::Tensor& parameters) const {
  return parameters.exp() - 1.0;
}

}  // namespace cebm
