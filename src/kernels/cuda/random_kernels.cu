// Device kernels and their launchers. A thread makes one quad of numbers; blockIdx.y strides over the rows, so that
// no index needs a division.
#include <algorithm>

#include "kernels/arithmetic.h"
#include "kernels/cuda/launch.h"
#include "kernels/quads.h"

namespace cebm::kernels::cuda {

namespace {

constexpr int max_threads = 256;
constexpr std::int64_t max_grid_rows = 65535;
constexpr std::int64_t max_row_blocks = 512;  // where a block takes whole rows

/// Calls body(row, index of the row's first element, quad) for the quads of all rows.
template <class Body>
__device__ __forceinline__ void for_each_quad(Rows rows, const Body& body) {
  const std::int64_t quads = (rows.length + 3) / 4;
  for (std::int64_t row = blockIdx.y; row < rows.count; row += gridDim.y) {
    const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    for (std::int64_t quad = first; quad < quads; quad += static_cast<std::int64_t>(gridDim.x) * blockDim.x) {
      body(row, row * rows.length, static_cast<std::uint32_t>(quad));
    }
  }
}

__device__ __forceinline__ Quad<float> normal_quad(const RowKey& key, std::uint32_t quad) {
  const philox4x32_ctr_t bits = random_quad(key, quad);
  const Pair a = normals_of(bits.v[0], bits.v[1]);
  const Pair b = normals_of(bits.v[2], bits.v[3]);
  return {a.first, a.second, b.first, b.second};
}

template <bool aligned>
__global__ void __launch_bounds__(max_threads)
    uniform_kernel(float* __restrict__ out, Rows rows, Counter counter, float low, float high) {
  for_each_quad(rows, [&](std::int64_t row, std::int64_t begin, std::uint32_t quad) {
    const philox4x32_ctr_t bits = random_quad(row_key(counter, row), quad);
    store_quad<aligned>(out + begin, quad, rows.length,
                        {uniform_of(bits.v[0], low, high), uniform_of(bits.v[1], low, high),
                         uniform_of(bits.v[2], low, high), uniform_of(bits.v[3], low, high)});
  });
}

template <bool aligned>
__global__ void __launch_bounds__(max_threads) normal_kernel(float* __restrict__ out, Rows rows, Counter counter) {
  for_each_quad(rows, [&](std::int64_t row, std::int64_t begin, std::uint32_t quad) {
    store_quad<aligned>(out + begin, quad, rows.length, normal_quad(row_key(counter, row), quad));
  });
}

/// One quad of a row after the update, before a boundary that looks at the whole row.
template <Boundary boundary, bool aligned>
__device__ __forceinline__ Quad<float> moved_quad(const float* x, const float* gradient, std::int64_t length,
                                                  std::uint32_t quad, const RowKey& key, float scale,
                                                  const LangevinStep& update) {
  const Quad<float> noise = normal_quad(key, quad);
  const Quad<float> g = load_quad<aligned>(gradient, quad, length);
  Quad<float> v = load_quad<aligned>(x, quad, length);
  v.a = langevin_step<boundary>(v.a, g.a, scale, noise.a, update);
  v.b = langevin_step<boundary>(v.b, g.b, scale, noise.b, update);
  v.c = langevin_step<boundary>(v.c, g.c, scale, noise.c, update);
  v.d = langevin_step<boundary>(v.d, g.d, scale, noise.d, update);
  return v;
}

template <Boundary boundary, bool aligned>
__global__ void __launch_bounds__(max_threads)
    langevin_kernel(float* __restrict__ x, const float* __restrict__ gradient, RowFactors factors, Rows rows,
                    Counter counter, LangevinStep update, const StepSeries* __restrict__ series) {
  const PlacedStep step = placed_in(series, counter, update);
  for_each_quad(rows, [&](std::int64_t row, std::int64_t begin, std::uint32_t quad) {
    const float scale = factors.gradient == nullptr ? 1.0F : factors.gradient[row];
    store_quad<aligned>(
        x + begin, quad, rows.length,
        moved_quad<boundary, aligned>(x + begin, gradient + begin, rows.length, quad, row_key(step.counter, row), scale,
                                      step_of_row(step.update, factors, row)));
  });
}

/// Boundary::reject, a block for each row: the first pass looks whether a pixel leaves [-1, 1], the second moves.
template <bool aligned>
__global__ void __launch_bounds__(max_threads)
    reject_kernel(float* __restrict__ x, const float* __restrict__ gradient, RowFactors factors, Rows rows,
                  Counter counter, LangevinStep update, const StepSeries* __restrict__ series) {
  const PlacedStep step = placed_in(series, counter, update);
  const auto quads = static_cast<std::uint32_t>((rows.length + 3) / 4);
  for (std::int64_t row = blockIdx.x; row < rows.count; row += gridDim.x) {
    float* const place = x + row * rows.length;
    const float* const g = gradient + row * rows.length;
    const float scale = factors.gradient == nullptr ? 1.0F : factors.gradient[row];
    const LangevinStep own = step_of_row(step.update, factors, row);
    const RowKey key = row_key(step.counter, row);
    bool outside = false;
    for (std::uint32_t quad = threadIdx.x; quad < quads; quad += blockDim.x) {
      const Quad<float> v = moved_quad<Boundary::none, aligned>(place, g, rows.length, quad, key, scale, own);
      const float values[] = {v.a, v.b, v.c, v.d};
      for (std::int64_t i = 0; i < 4; ++i) {
        outside |= 4 * static_cast<std::int64_t>(quad) + i < rows.length && is_outside(values[i]);
      }
    }
    if (__syncthreads_or(outside)) continue;
    for (std::uint32_t quad = threadIdx.x; quad < quads; quad += blockDim.x) {
      store_quad<aligned>(place, quad, rows.length,
                          moved_quad<Boundary::none, aligned>(place, g, rows.length, quad, key, scale, own));
    }
  }
}

/// Each thread copies one word at a time.
__global__ void __launch_bounds__(max_threads)
    series_kernel(StepSeries* __restrict__ series, const __grid_constant__ StepSeries value) {
  static_assert(sizeof(StepSeries) % sizeof(std::uint32_t) == 0);
  const auto* const from = reinterpret_cast<const std::uint32_t*>(&value);
  auto* const to = reinterpret_cast<std::uint32_t*>(series);
  for (unsigned i = threadIdx.x; i < sizeof(StepSeries) / sizeof(std::uint32_t); i += blockDim.x) to[i] = from[i];
}

template <class Kernel, class... Arguments>
void launch_by_quads(Kernel kernel, Rows rows, void* stream, Arguments... arguments) {
  if (rows.count == 0 || rows.length == 0) return;
  const std::int64_t quads = (rows.length + 3) / 4;
  const auto threads = static_cast<unsigned>(std::min<std::int64_t>(max_threads, (quads + 31) / 32 * 32));
  const dim3 grid(static_cast<unsigned>(std::min<std::int64_t>((quads + threads - 1) / threads, 1 << 20)),
                  static_cast<unsigned>(std::min(rows.count, max_grid_rows)));
  launch(kernel, grid, threads, stream, arguments...);
}

bool is_aligned(const void* pointer, Rows rows) {
  return rows.length % 4 == 0 && reinterpret_cast<std::uintptr_t>(pointer) % alignof(Quad<float>) == 0;
}

template <Boundary boundary>
void launch_langevin(float* x, const float* gradient, RowFactors factors, Rows rows, const Counter& counter,
                     const LangevinStep& update, void* stream, const StepSeries* series) {
  const bool aligned = is_aligned(x, rows) && is_aligned(gradient, rows);
  launch_by_quads(aligned ? langevin_kernel<boundary, true> : langevin_kernel<boundary, false>, rows, stream, x,
                  gradient, factors, rows, counter, update, series);
}

void launch_reject(float* x, const float* gradient, RowFactors factors, Rows rows, const Counter& counter,
                   const LangevinStep& update, void* stream, const StepSeries* series) {
  if (rows.count == 0 || rows.length == 0) return;
  const bool aligned = is_aligned(x, rows) && is_aligned(gradient, rows);
  const auto blocks = static_cast<unsigned>(std::min(rows.count, max_row_blocks));
  launch(aligned ? reject_kernel<true> : reject_kernel<false>, blocks, max_threads, stream, x, gradient, factors, rows,
         counter, update, series);
}

}  // namespace

void fill_uniform(float* out, Rows rows, const Counter& counter, float low, float high, void* stream) {
  launch_by_quads(is_aligned(out, rows) ? uniform_kernel<true> : uniform_kernel<false>, rows, stream, out, rows,
                  counter, low, high);
}

void fill_normal(float* out, Rows rows, const Counter& counter, void* stream) {
  launch_by_quads(is_aligned(out, rows) ? normal_kernel<true> : normal_kernel<false>, rows, stream, out, rows, counter);
}

void langevin_update(float* x, const float* gradient, RowFactors factors, Rows rows, const Counter& counter,
                     const LangevinStep& update, void* stream, const StepSeries* series) {
  switch (update.boundary) {
    case Boundary::none:
      return launch_langevin<Boundary::none>(x, gradient, factors, rows, counter, update, stream, series);
    case Boundary::clamp:
      return launch_langevin<Boundary::clamp>(x, gradient, factors, rows, counter, update, stream, series);
    case Boundary::reflect:
      return launch_langevin<Boundary::reflect>(x, gradient, factors, rows, counter, update, stream, series);
    case Boundary::reject:
      return launch_reject(x, gradient, factors, rows, counter, update, stream, series);
  }
}

void set_series(StepSeries* series, const StepSeries& value, void* stream) {
  launch(series_kernel, 1, max_threads, stream, series, value);
}

}  // namespace cebm::kernels::cuda
