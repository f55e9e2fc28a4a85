// Stands in for CUDA's header: what our device kernels use of CUDA, on one CPU thread. The sources in src/kernels/cuda
// are compiled against it as C++, unchanged. A block's threads are fibers (fibers.h); blocks come one after another.
//
// It shows wrong indices, missing barriers, barriers that not all threads reach, launches beyond the limits. It knows
// nothing of time, caches, streams or races between warps of blocks that run at once.
#pragma once

#include <functional>
#include <type_traits>

#include "cuda_on_cpu/fibers.h"
#include "cuda_on_cpu/launches.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __grid_constant__
#define __shared__ static thread_local

using cudaStream_t = void*;
enum cudaError_t { cudaSuccess = 0, cudaErrorInvalidConfiguration = 9 };

struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  std::size_t dynamicSmemBytes = 0;
  cudaStream_t stream = nullptr;
};

inline const char* cudaGetErrorString(cudaError_t status) {
  return status == cudaSuccess ? "no error" : "invalid configuration argument";
}

inline cudaError_t cudaGetLastError() { return cudaSuccess; }

/// Runs the kernel now, or adds it to the recording that is under way (launches.h).
template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
  if (!cuda_on_cpu::within_limits(config->gridDim, config->blockDim)) return cudaErrorInvalidConfiguration;
  // The arguments are copied when a kernel is launched, not when it runs.
  cuda_on_cpu::submit([grid = config->gridDim, block = config->blockDim, kernel,
                       ... values = static_cast<std::remove_cv_t<Parameters>>(arguments)] {
    cuda_on_cpu::run_grid(grid, block, [&] { kernel(values...); });
  });
  return cudaSuccess;
}

inline void __syncthreads() { cuda_on_cpu::block_barrier(); }
inline int __syncthreads_or(int predicate) { return cuda_on_cpu::block_or(predicate != 0) ? 1 : 0; }

template <class Value>
Value __shfl_xor_sync(unsigned /*mask*/, Value value, unsigned lane_mask) {
  static_assert(std::is_trivially_copyable_v<Value>);
  Value other;
  cuda_on_cpu::exchange(&value, &other, sizeof value, cuda_on_cpu::current_lane() ^ lane_mask);
  return other;
}

template <class Number>
Number min(Number a, Number b) {
  return b < a ? b : a;
}
