// Bias and activation between two layers of a network, in one pass over memory forward and one backward. Torch-free.
#pragma once

#include <cebm/kernel_activation.h>
#include <cebm/precision.h>

#include "kernels/kernels.h"

namespace cebm::kernels {

/// The step from a layer's sums s [positions, channels], dense, to the next layer's input f(s + bias).
struct ActivationPass {
  Rows positions;  ///< of all images: channels-last feature maps seen as rows of channels
  Nonlinearity kind = Nonlinearity::leaky_relu;
  float slope = 0.0F;                            ///< of leaky_relu below zero, >= 0; 1: the identity
  Precision sums_format = Precision::float32;    ///< of s and of dE/ds
  Precision values_format = Precision::float32;  ///< of f(s + bias) and of dE/df
};

/// Where the forward pass leaves what the pull-back needs: true, in the values (leaky_relu: they have the sign of the
/// sums); false, in place of the sums (silu: f'(s + bias)).
inline bool keeps_values(Nonlinearity curve) { return curve == Nonlinearity::leaky_relu; }

/// values <- f(sums + bias); silu: sums <- f'(sums + bias). `values` may be `sums` where the curve keeps values and the
/// formats agree.
using Activate = void (*)(const ActivationPass& pass, void* sums, const float* bias, void* values, void* stream);
/// result <- f' * gradient; `kept` is the values or the sums' memory (see keeps_values), in its own format. `result`
/// may be `gradient` where the formats agree.
using PullBack = void (*)(const ActivationPass& pass, const void* gradient, const void* kept, void* result,
                          void* stream);

namespace cuda {
/// Asynchronous on `stream` (a cudaStream_t). Throw std::runtime_error quoting a failed CUDA call.
void activate(const ActivationPass& pass, void* sums, const float* bias, void* values, void* stream);
void pull_back(const ActivationPass& pass, const void* gradient, const void* kept, void* result, void* stream);
}  // namespace cuda

}  // namespace cebm::kernels
