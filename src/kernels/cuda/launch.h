// Starts device kernels by CUDA's own launch call only, so that a stand-in for that call can run them on a CPU
// (tests/cuda_on_cpu).
#pragma once

#include <cuda_runtime.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace cebm::kernels::cuda {

inline std::string text_of(dim3 size) {
  return std::to_string(size.x) + " x " + std::to_string(size.y) + " x " + std::to_string(size.z);
}

/// Starts kernel(arguments...) on `stream` (a cudaStream_t). Throws std::runtime_error quoting the CUDA error if that
/// is refused.
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, void* stream, Arguments&&... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.stream = static_cast<cudaStream_t>(stream);
  const cudaError_t status = cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...);
  if (status == cudaSuccess) return;
  (void)cudaGetLastError();  // clears the error, which a later call would report otherwise
  throw std::runtime_error("CUDA kernel launch of " + text_of(grid) + " blocks of " + text_of(block) +
                           " threads failed: " + cudaGetErrorString(status));
}

}  // namespace cebm::kernels::cuda
