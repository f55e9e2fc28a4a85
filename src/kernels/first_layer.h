// The layer that sees the images: a 3x3 convolution with bias and activation forward, and backward from what the next
// layer gives to the images themselves, with their Langevin step. Torch-free.
#pragma once

#include <cebm/kernel_activation.h>
#include <cebm/precision.h>

#include "kernels/kernels.h"

namespace cebm::kernels {

/// Stride 1 and a border of one zero, from one or three channels to a multiple of four. Images [B, H, W, C] float32;
/// maps [B, H, W, O] dense, in the format that the next layer takes, as are f' and dE/df. Sums are float32.
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

/// The images' next state where there is neither a norm to know of before nor an image to refuse its step
/// (Boundary::reject): the arguments of langevin_update.
struct FusedUpdate {
  float* x = nullptr;
  const float* noise_factors = nullptr;
  Counter counter;
  LangevinStep update;
  const StepSeries* series = nullptr;
};

namespace cuda {
/// values <- f(convolution of x + bias); silu: slopes <- f', which leaky_relu does not need. Asynchronous, and throw,
/// as in kernels.h.
void first_layer_forward(const FirstLayer& layer, const float* x, void* values, void* slopes, void* stream);
/// result <- dE/dx from dE/dvalues; `kept` are the slopes for silu and the values for leaky_relu.
void first_layer_backward(const FirstLayer& layer, const void* gradient, const void* kept, float* result, void* stream);
/// The same, and the images' Langevin step by it: nothing else is written.
void first_layer_langevin(const FirstLayer& layer, const void* gradient, const void* kept, const FusedUpdate& move,
                          void* stream);
}  // namespace cuda

}  // namespace cebm::kernels
