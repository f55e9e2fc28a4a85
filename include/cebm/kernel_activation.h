/// The elementwise non-linearities that kernels of our own compute between two layers.
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
  float slope = 0.0F;  ///< of leaky_relu below zero, >= 0: the kernels read the sum's sign off the value

  bool operator==(const KernelActivation&) const = default;
};

}  // namespace cebm
