// Norms of rows. A block sums one row in an order that depends on the row's length only.
#include <algorithm>

#include "kernels/arithmetic.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/warp.h"

namespace cebm::kernels::cuda {

namespace {

constexpr int threads = 256;
constexpr int warps = threads / 32;
constexpr std::int64_t max_blocks = 512;

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
  const auto blocks = static_cast<unsigned>(std::min(rows.count, max_blocks));
  launch(norm_clip_kernel, blocks, threads, stream, values, rows, bound, scale);
}

}  // namespace cebm::kernels::cuda
