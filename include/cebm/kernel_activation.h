/// The elementwise non-linearities that our own kernels compute between two layers.
#pragma once

#include <cstdint>

namespace cebm {

enum class Nonlinearity : std::uint8_t {
  leaky_relu,  ///< a above zero, slope * a below: slope 0 makes it a ReLU, slope 1 the identity
  silu,        ///< a / (1 + e^-a)
};

/// One of them with its slope.
struct KernelActivation {
  Nonlinearity kind = Nonlinearity::leaky_relu;
  float slope = 0.0F;  ///< of leaky_relu below zero; >= 0, since kernels take the input's sign from the output

  bool operator==(const KernelActivation&) const = default;
};

}  // namespace cebm
