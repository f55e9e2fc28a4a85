// Small tensors on their way from the host to a device.
#pragma once

#include <torch/types.h>

namespace cebm {

/// A copy on the device, which the host does not wait for: the numbers are taken from memory that a GPU reads by
/// itself. On the CPU the tensor itself.
inline torch::Tensor uploaded(const torch::Tensor& here, torch::Device device) {
  if (!device.is_cuda()) return here.to(device);
  return here.pin_memory().to(device, here.scalar_type(), /*non_blocking=*/true);
}

}  // namespace cebm
