// Norms of rows. A block sums one row in an order that depends on the row's length only.
#include <cuda_runtime.h>

#include <algorithm>

#include "kernels/arithmetic.h"
#include "kernels/cuda/launch.h"

namespace cebm::kernels::cuda {

namespace {

constexpr int threads = 256;
constexpr int warps = threads / 32;

__device__ __forceinline__ double warp_sum(double value) {
  for (int offset = 16; offset > 0; offset /= 2) value += __shfl_down_sync(0xffffffffU, value, offset);
  return value;
}

__global__ void __launch_bounds__(threads)
    norm_clip_kernel(const float* __restrict__ values, Rows rows, double bound, float* __restrict__ scale) {
  __shared__ double partial[warps];
  for (std::int64_t row = blockIdx.x; row < rows.count; row += gridDim.x) {
    const float* const begin = values + row * rows.length;
    double squares = 0.0;
    for (std::int64_t i = threadIdx.x; i < rows.length; i += threads) {
      const double value = begin[i];
      squares += value * value;
    }
    squares = warp_sum(squares);
    if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = squares;
    __syncthreads();
    if (threadIdx.x < 32) {
      const double total = warp_sum(threadIdx.x < warps ? partial[threadIdx.x] : 0.0);
      if (threadIdx.x == 0) scale[row] = clip_factor(total, bound);
    }
    __syncthreads();
  }
}

}  // namespace

void norm_clip(const float* values, Rows rows, double bound, float* scale, void* stream) {
  if (rows.count == 0) return;
  const auto blocks = static_cast<unsigned>(std::min<std::int64_t>(rows.count, 1 << 20));
  norm_clip_kernel<<<blocks, threads, 0, static_cast<cudaStream_t>(stream)>>>(values, rows, bound, scale);
  require_launched(rows);
}

}  // namespace cebm::kernels::cuda
