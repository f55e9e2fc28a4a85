// Small fully connected layers fused with their activation or its derivative, in one launch instead of two. Torch-free.
#pragma once

#include "kernels/activation.h"

namespace cebm::kernels {

/// a [M, K] times b [K, N], dense float32, sums in float32 and in the order of k.
struct Product {
  std::int64_t rows = 0;     ///< M
  std::int64_t inner = 0;    ///< K
  std::int64_t columns = 0;  ///< N
  const float* a = nullptr;
  const float* b = nullptr;
  Nonlinearity kind = Nonlinearity::leaky_relu;
  float slope = 0.0F;  ///< as in ActivationPass
};

namespace cuda {
/// values <- f(a b + bias); silu: also slopes <- f' (unused for leaky_relu). Asynchronous, and throw, as in kernels.h.
void product_activate(const Product& product, const float* bias, float* values, float* slopes, void* stream);
/// result <- f' * (a b), in `result_format`; `kept` [M, N] holds the slopes for silu and the values for leaky_relu, in
/// `kept_format`.
void product_pull_back(const Product& product, const void* kept, Precision kept_format, void* result,
                       Precision result_format, void* stream);
}  // namespace cuda

}  // namespace cebm::kernels
