// A block computes the product tile by tile, a thread one number of a tile; the factors' tiles lie in shared memory.
#include <algorithm>

#include "kernels/activation_body.h"
#include "kernels/cuda/launch.h"
#include "kernels/product.h"

namespace cebm::kernels::cuda {

namespace {

constexpr int tile = 16;
constexpr int threads = tile * tile;
constexpr std::int64_t max_row_tiles = 512;

template <Nonlinearity curve>
struct ActivateSum {
  const float* bias;
  float* values;
  float* slopes;
  float leak;

  __device__ void operator()(float sum, std::int64_t column, std::int64_t at) const {
    const Curved v = curved<curve>(sum + bias[column], leak);
    values[at] = v.value;
    if constexpr (curve == Nonlinearity::silu) slopes[at] = v.slope;
  }
};

template <Nonlinearity curve, class Kept, class Result>
struct PullSumBack {
  const Kept* kept;
  Result* result;
  float leak;

  __device__ void operator()(float sum, std::int64_t /*column*/, std::int64_t at) const {
    assign(result[at], sum * kept_slope<curve>(widened(kept[at]), leak));
  }
};

template <class Finish>
__global__ void __launch_bounds__(threads) product_kernel(Product product, Finish finish) {
  __shared__ float a[tile][tile + 1];
  __shared__ float b[tile][tile + 1];
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * tile + threadIdx.x;
  for (std::int64_t first = static_cast<std::int64_t>(blockIdx.y) * tile; first < product.rows;
       first += static_cast<std::int64_t>(gridDim.y) * tile) {
    const std::int64_t row = first + threadIdx.y;
    float sum = 0.0F;
    for (std::int64_t k = 0; k < product.inner; k += tile) {
      const std::int64_t of_a = k + threadIdx.x;
      const std::int64_t of_b = k + threadIdx.y;
      __syncthreads();
      a[threadIdx.y][threadIdx.x] =
          row < product.rows && of_a < product.inner ? product.a[row * product.inner + of_a] : 0.0F;
      b[threadIdx.y][threadIdx.x] =
          of_b < product.inner && column < product.columns ? product.b[of_b * product.columns + column] : 0.0F;
      __syncthreads();
#pragma unroll
      for (int i = 0; i < tile; ++i) sum = fmaf(a[threadIdx.y][i], b[i][threadIdx.x], sum);
    }
    if (row < product.rows && column < product.columns) finish(sum, column, row * product.columns + column);
  }
}

template <class Finish>
void launch_product(const Product& product, const Finish& finish, void* stream) {
  if (product.rows == 0 || product.columns == 0) return;
  const auto tiles = [](std::int64_t count) { return (count + tile - 1) / tile; };
  const dim3 grid(static_cast<unsigned>(tiles(product.columns)),
                  static_cast<unsigned>(std::min(tiles(product.rows), max_row_tiles)));
  launch(product_kernel<Finish>, grid, dim3(tile, tile), stream, product, finish);
}

}  // namespace

void product_activate(const Product& product, const float* bias, float* values, float* slopes, void* stream) {
  switch (product.kind) {
    case Nonlinearity::leaky_relu:
      return launch_product(product, ActivateSum<Nonlinearity::leaky_relu>{bias, values, slopes, product.slope},
                            stream);
    case Nonlinearity::silu:
      return launch_product(product, ActivateSum<Nonlinearity::silu>{bias, values, slopes, product.slope}, stream);
  }
}

void product_pull_back(const Product& product, const void* kept, Precision kept_format, void* result,
                       Precision result_format, void* stream) {
  const ActivationPass formats{.positions = {},
                               .kind = product.kind,
                               .slope = product.slope,
                               .sums_format = result_format,
                               .values_format = kept_format};
  with_formats(formats, [&](auto curve, auto of_result, auto of_kept) {
    using Result = typename decltype(of_result)::type;
    using Kept = typename decltype(of_kept)::type;
    const PullSumBack<curve(), Kept, Result> finish{static_cast<const Kept*>(kept), static_cast<Result*>(result),
                                                    product.slope};
    launch_product(product, finish, stream);
  });
}

}  // namespace cebm::kernels::cuda
