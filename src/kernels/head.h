// Gradients of energies with respect to a network's outputs, from the last layer's sums, in one launch each.
// Torch-free.
#pragma once

#include <cebm/kernel_activation.h>

#include "kernels/kernels.h"

namespace cebm::kernels {

/// The maps of cebm/statistic_map.h.
enum class StatisticCurve : std::uint8_t { identity, square, negative_square, softplus, negative_softplus };

/// E(o) = -logsumexp_l { log pi_l + sum_k A(lambda_lk + t_lk) - A(lambda_lk) } of the Gaussian family
/// (cebm/exponential_family.h), t = curves(o), outputs o [B, S, 2, K] with S = 1 (shared) or L sets.
struct ConjugateHead {
  std::int64_t sets = 1;
  std::int64_t components = 1;  ///< L, at most max_components
  std::int64_t dims = 0;        ///< K
  StatisticCurve first = StatisticCurve::identity;
  StatisticCurve second = StatisticCurve::negative_square;
  const float* natural = nullptr;  ///< lambda, [L, 2, K]
  const float* offsets = nullptr;  ///< log pi_l - sum_k A(lambda_lk), [L]

  static constexpr std::int64_t max_components = 1024;
};

/// E(o) = w^T f(o) + c.
struct LinearHead {
  Nonlinearity kind = Nonlinearity::leaky_relu;
  float slope = 0.0F;             ///< as in ActivationPass
  const float* weight = nullptr;  ///< [F]
};

namespace cuda {
/// gradient [B, F] <- dE/do at o = sums [B, F] + bias [F]. Asynchronous, and throw, as in kernels.h.
void conjugate_head(const ConjugateHead& head, const float* sums, const float* bias, std::int64_t images,
                    float* gradient, void* stream);
void linear_head(const LinearHead& head, const float* sums, const float* bias, Rows rows, float* gradient,
                 void* stream);
}  // namespace cuda

}  // namespace cebm::kernels
