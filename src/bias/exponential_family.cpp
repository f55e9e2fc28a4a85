#include <cebm/exponential_family.h>

namespace cebm {

torch::Tensor sum_by_factor(const torch::Tensor& products, std::int64_t factors) {
  const torch::Tensor per_dimension = products.sum(-2);
  const std::int64_t dims = per_dimension.size(-1);
  return factors == dims ? per_dimension : per_dimension.unflatten(-1, {factors, dims / factors}).sum(-1);
}

torch::Tensor ExponentialFamily::log_prob(const torch::Tensor& natural, const torch::Tensor& z) const {
  const torch::Tensor normaliser = log_partition(natural);
  return sum_by_factor(natural * sufficient_statistics(z), normaliser.size(-1)) - normaliser + log_base_measure(z);
}

torch::Tensor ExponentialFamily::kl_divergence(const torch::Tensor& q, const torch::Tensor& p) const {
  const torch::Tensor normaliser = log_partition(q);
  return sum_by_factor((q - p) * mean_parameters(q), normaliser.size(-1)) - normaliser + log_partition(p);
}

}  // namespace cebm
