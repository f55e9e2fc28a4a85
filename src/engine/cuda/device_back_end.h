// What an engine needs of a device besides LibTorch.
#pragma once

#include <functional>

#include "engine/cuda/recorded_work.h"
#include "kernels/device_kernels.h"

namespace cebm {

struct DeviceBackEnd {
  kernels::DeviceKernels kernels;
  std::function<void*()> stream;  ///< the stream on which to launch kernels now
  WorkDevice work;
};

}  // namespace cebm
