#include <cebm/exponential_family.h>

namespace cebm {

torch::Tensor ExponentialFamily::log_prob(const torch::Tensor& natural, const torch::Tensor& z) const {
  return (natural * sufficient_statistics(z)).sum(-2) - log_partition(natural) + log_base_measure(z);
}

torch::Tensor ExponentialFamily::kl_divergence(const torch::Tensor& q, const torch::Tensor& p) const {
  return ((q - p) * mean_parameters(q)).sum(-2) - log_partition(q) + log_partition(p);
}

}  // namespace cebm
