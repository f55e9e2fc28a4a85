// Reductions over the threads of a warp, always in the same order.
#pragma once

#include <cuda_runtime.h>

namespace cebm::kernels::cuda {

constexpr unsigned warp_size = 32;
constexpr unsigned whole_warp = 0xffffffffU;

/// The sum over the warp; every thread has it.
template <class Number>
__device__ __forceinline__ Number warp_sum(Number value) {
  for (unsigned mask = warp_size / 2; mask > 0; mask /= 2) value += __shfl_xor_sync(whole_warp, value, mask);
  return value;
}

/// The largest number of the warp; every thread has it.
__device__ __forceinline__ float warp_max(float value) {
  for (unsigned mask = warp_size / 2; mask > 0; mask /= 2) {
    const float other = __shfl_xor_sync(whole_warp, value, mask);
    value = other > value ? other : value;
  }
  return value;
}

}  // namespace cebm::kernels::cuda
