#include "kernels/arithmetic.h"
#include "kernels/cpu/multiversion.h"

namespace cebm::kernels::cpu {

namespace {

constexpr int lanes = 16;  // partial sums, so that the loop can be vectorised without changing the order

}  // namespace

CEBM_MULTIVERSION float gaussian_log_partition(const float* natural, std::int64_t dims) {
  const float* lambda1 = natural;
  const float* lambda2 = natural + dims;
  float sums[lanes] = {};
  const std::int64_t whole = dims / lanes * lanes;
  for (std::int64_t k = 0; k < whole; k += lanes) {
    for (int i = 0; i < lanes; ++i) {
      const float twice = -2.0F * lambda2[k + i];
      sums[i] += 0.5F * (lambda1[k + i] * lambda1[k + i] / twice - natural_log(twice));
    }
  }
  float sum = 0.0F;
  for (const float part : sums) sum += part;
  for (std::int64_t k = whole; k < dims; ++k) {
    const float twice = -2.0F * lambda2[k];
    sum += 0.5F * (lambda1[k] * lambda1[k] / twice - natural_log(twice));
  }
  return sum;
}

CEBM_MULTIVERSION void gaussian_mean_parameters(const float* natural, std::int64_t dims, float* means) {
  for (std::int64_t k = 0; k < dims; ++k) {
    const float variance = 1.0F / (-2.0F * natural[dims + k]);
    const float mu = natural[k] * variance;
    means[k] = mu;
    means[dims + k] = mu * mu + variance;
  }
}

}  // namespace cebm::kernels::cpu
