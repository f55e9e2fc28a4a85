// Copying small tensors from the host to a device.
#pragma once

#include <torch/types.h>

namespace cebm {

/// Returns a copy on the device; a tensor that is there already as it is. For a GPU the copy is asynchronous, from
/// pinned memory.
inline torch::Tensor uploaded(const torch::Tensor& here, torch::Device device) {
  if (!device.is_cuda() || here.is_cuda()) return here.to(device);
  return here.pin_memory().to(device, here.scalar_type(), /*non_blocking=*/true);
}

}  // namespace cebm
