// What the launchers of all device kernels share.
#pragma once

#include <cuda_runtime.h>

#include <stdexcept>
#include <string>

#include "kernels/kernels.h"

namespace cebm::kernels::cuda {

/// Throws std::runtime_error quoting the CUDA error if the launch just made was refused.
inline void require_launched(Rows rows) {
  const cudaError_t status = cudaGetLastError();
  if (status == cudaSuccess) return;
  throw std::runtime_error("CUDA kernel launch over " + std::to_string(rows.count) + " x " +
                           std::to_string(rows.length) + " numbers failed: " + cudaGetErrorString(status));
}

}  // namespace cebm::kernels::cuda
