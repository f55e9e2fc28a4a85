// What an engine needs of a device besides LibTorch.
#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <optional>

#include "engine/cuda/recorded_work.h"
#include "kernels/device_kernels.h"

namespace cebm {

struct DeviceBackEnd {
  kernels::DeviceKernels kernels;
  std::function<void*()> stream;  ///< the stream on which to launch kernels now
  WorkDevice work;
};

/// What records work on a GPU; nothing on a CPU. Throws std::runtime_error if this program was built without CUDA.
std::optional<WorkDevice> work_device(c10::Device device);

}  // namespace cebm
