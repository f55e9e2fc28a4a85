// An activation in the form that the kernels compute, on the CPU and on a GPU.
#pragma once

#include <cebm/activation.h>

#include <optional>

#include "kernels/activation.h"

namespace cebm {

struct KernelActivation {
  kernels::Curve curve;
  float slope;  ///< of leaky_relu below zero

  bool operator==(const KernelActivation&) const = default;
};

/// Nothing for an activation that the kernels do not compute: its network is left to LibTorch's operations.
std::optional<KernelActivation> kernel_activation(const Activation& activation);

}  // namespace cebm
