#include <ATen/ops/digamma.h>
#include <ATen/ops/lgamma.h>
#include <cebm/families.h>

#include <limits>

#include "bias/gamma_draw.h"

namespace cebm {

namespace {

torch::Tensor shape_of(const torch::Tensor& natural) { return natural.select(-2, 0) + 1.0; }
torch::Tensor rate_of(const torch::Tensor& natural) { return -natural.select(-2, 1); }

}  // namespace

std::string GammaFamily::name() const { return "gamma"; }

std::vector<Domain> GammaFamily::domain() const { return {Domain::positive, Domain::negative}; }

torch::Tensor GammaFamily::sufficient_statistics(const torch::Tensor& z) const {
  return torch::stack({z.log(), z}, -2);
}

torch::Tensor GammaFamily::log_partition(const torch::Tensor& natural) const {
  const torch::Tensor shape = shape_of(natural);
  return at::lgamma(shape) - shape * rate_of(natural).log();
}

torch::Tensor GammaFamily::mean_parameters(const torch::Tensor& natural) const {
  const torch::Tensor shape = shape_of(natural);
  const torch::Tensor rate = rate_of(natural);
  return torch::stack({at::digamma(shape) - rate.log(), shape / rate}, -2);
}

torch::Tensor GammaFamily::log_base_measure(const torch::Tensor& z) const { return torch::zeros_like(z); }

torch::Tensor GammaFamily::mean(const torch::Tensor& natural) const { return shape_of(natural) / rate_of(natural); }

torch::Tensor GammaFamily::variance(const torch::Tensor& natural) const { return mean(natural) / rate_of(natural); }

torch::Tensor GammaFamily::sample(const torch::Tensor& natural, const Draws& draws) const {
  // With small shapes draws underflow; log z, a statistic, must stay finite.
  return (log_gamma_draw(shape_of(natural), draws) - rate_of(natural).log())
      .exp()
      .clamp_min(std::numeric_limits<float>::min());
}

torch::Tensor GammaFamily::natural_from_unconstrained(const torch::Tensor& parameters) const {
  return torch::stack({parameters.select(-2, 0).exp() - 1.0, -parameters.select(-2, 1).exp()}, -2);
}

}  // namespace cebm
