// A layer of a feed-forward chain of convolutions in PyTorch's layout.
#pragma once

#include <cebm/kernel_activation.h>

#include <cstdint>
#include <optional>

#include "kernels/cpu/feature_map.h"

namespace cebm::kernels::cpu {

/// Cross-correlation, then the activation. The pointers are read only while a network is built or loaded.
struct ConvLayer {
  std::int64_t in_channels = 0;
  std::int64_t out_channels = 0;
  Window window;
  const float* weight = nullptr;  ///< [out_channels, in_channels, kernel height, kernel width], dense
  const float* bias = nullptr;    ///< [out_channels]
  std::optional<KernelActivation> activation;

  std::int64_t taps() const { return window.kernel.height * window.kernel.width; }
  /// True if everything but the numbers of weight and bias agrees.
  bool is_like(const ConvLayer& other) const {
    return in_channels == other.in_channels && out_channels == other.out_channels && window == other.window &&
           activation == other.activation;
  }
};

}  // namespace cebm::kernels::cpu
