// The device kernels on the CPU layer, with the launchers of kernels::cuda.
#pragma once

#include "kernels/device_kernels.h"

namespace cebm::kernels::on_cpu {

/// All pointers are to the CPU's memory; streams are ignored.
const DeviceKernels& kernels();

}  // namespace cebm::kernels::on_cpu
