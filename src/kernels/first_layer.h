// The first layer, a 3x3 convolution of the images: forward with bias and activation, backward from dE/dvalues to dE/dx
// or to the images' Langevin step. Torch-free.
#pragma once

#include <cebm/kernel_activation.h>
#include <cebm/precision.h>

#include "kernels/kernels.h"

namespace cebm::kernels {

/// Stride 1 and zero padding of 1, from one or three channels to a multiple of four. Images [B, H, W, C] are float32;
/// values f, slopes f' and dE/df [B, H, W, O] are dense, in the format that the next layer takes. Sums are float32.
struct FirstLayer {
  std::int64_t images = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 1;
  std::int64_t outputs = 0;
  Nonlinearity kind = Nonlinearity::leaky_relu;
  float slope = 0.0F;  ///< as in ActivationPass
  Precision format = Precision::float32;
  const float* weight = nullptr;  ///< [3, 3, C, O]
  const float* bias = nullptr;    ///< [O]
};

inline bool fits_first_layer(std::int64_t channels, std::int64_t outputs) {
  return (channels == 1 || channels == 3) && outputs % 4 == 0;
}

/// The arguments of langevin_update for a step within the backward pass. Not for steps that need a whole image's
/// gradient first: those with a norm bound or Boundary::reject.
struct FusedUpdate {
  float* x = nullptr;
  const float* noise_factors = nullptr;
  Counter counter;
  LangevinStep update;
  const StepSeries* series = nullptr;
};

namespace cuda {
/// values <- f(convolution of x + bias); silu: also slopes <- f' (unused for leaky_relu). Asynchronous, and throw, as
/// in kernels.h.
void first_layer_forward(const FirstLayer& layer, const float* x, void* values, void* slopes, void* stream);
/// result <- dE/dx from dE/dvalues; `kept` holds the slopes for silu and the values for leaky_relu.
void first_layer_backward(const FirstLayer& layer, const void* gradient, const void* kept, float* result, void* stream);
/// Makes the images' Langevin step with that dE/dx; writes move.x only.
void first_layer_langevin(const FirstLayer& layer, const void* gradient, const void* kept, const FusedUpdate& move,
                          void* stream);
}  // namespace cuda

}  // namespace cebm::kernels
