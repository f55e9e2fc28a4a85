// Forward: a thread makes a quad of channels at four neighbouring pixels. Backward: a block makes a tile of pixels.
// Each of its threads first sums up, for one pixel of the tile or of its border, what that pixel's gradient contributes
// to each of its neighbours; the pixels of the tile then collect their parts.
#include <algorithm>
#include <type_traits>

#include "kernels/activation_body.h"
#include "kernels/cuda/launch.h"
#include "kernels/first_layer.h"

namespace cebm::kernels::cuda {

namespace {

constexpr int kernel_size = 3;
constexpr std::int64_t max_grid_rows = 65535;
constexpr std::int64_t max_grid_images = 512;
constexpr std::int64_t most_rows = 1 << 30;  // of all images: row numbers have 32 bits

// Forward.
constexpr int max_threads = 256;
constexpr int run = 4;  // pixels per thread

// Backward.
constexpr int tile_rows = 4;
constexpr int tile_columns = 32;
constexpr int source_rows = tile_rows + kernel_size - 1;
constexpr int source_columns = tile_columns + kernel_size - 1;
constexpr int sources = source_rows * source_columns;
constexpr int backward_threads = (sources + 31) / 32 * 32;
constexpr int chunk = 32;  // output channels whose weights are in shared memory at a time

__device__ __forceinline__ void add_product(Quad<float>& sums, float x, const Quad<float>& weight) {
  sums.a = fmaf(x, weight.a, sums.a);
  sums.b = fmaf(x, weight.b, sums.b);
  sums.c = fmaf(x, weight.c, sums.c);
  sums.d = fmaf(x, weight.d, sums.d);
}

template <Nonlinearity curve, class Value, int channels>
__global__ void __launch_bounds__(max_threads) forward_kernel(FirstLayer layer, const float* __restrict__ x,
                                                              Value* __restrict__ values, Value* __restrict__ slopes) {
  const auto quads = static_cast<unsigned>(layer.outputs / 4);
  const auto width = static_cast<int>(layer.width);
  const auto column = static_cast<int>((blockIdx.x * blockDim.y + threadIdx.y) * run);
  if (column >= width) return;
  const auto height = static_cast<unsigned>(layer.height);
  const auto rows = static_cast<unsigned>(layer.images * layer.height);
  for (unsigned row = blockIdx.y; row < rows; row += gridDim.y) {
    const unsigned y = row % height;
#pragma unroll 1
    for (unsigned quad = threadIdx.x; quad < quads; quad += blockDim.x) {
      const Quad<float> bias = load_quad<true>(layer.bias, quad, layer.outputs);
      Quad<float> sums[run] = {bias, bias, bias, bias};
#pragma unroll 1
      for (unsigned ky = 0; ky < kernel_size; ++ky) {
        if (y + ky < 1 || y + ky > height) continue;
        const float* const line = x + static_cast<std::int64_t>(row + ky - 1) * layer.width * channels;
        const float* const weights = layer.weight + ky * kernel_size * channels * layer.outputs;
#pragma unroll
        for (int c = 0; c < channels; ++c) {
          float window[run + kernel_size - 1];
#pragma unroll
          for (int i = 0; i < run + kernel_size - 1; ++i) {
            const int at = column + i - 1;
            window[i] = at >= 0 && at < width ? line[at * channels + c] : 0.0F;
          }
#pragma unroll
          for (int kx = 0; kx < kernel_size; ++kx) {
            const Quad<float> weight =
                load_quad<true>(weights + (kx * channels + c) * layer.outputs, quad, layer.outputs);
#pragma unroll
            for (int i = 0; i < run; ++i) add_product(sums[i], window[i + kx], weight);
          }
        }
      }
#pragma unroll
      for (int i = 0; i < run; ++i) {
        if (column + i >= width) continue;
        const Curved v0 = curved<curve>(sums[i].a, layer.slope);
        const Curved v1 = curved<curve>(sums[i].b, layer.slope);
        const Curved v2 = curved<curve>(sums[i].c, layer.slope);
        const Curved v3 = curved<curve>(sums[i].d, layer.slope);
        const std::int64_t begin = (static_cast<std::int64_t>(row) * layer.width + column + i) * layer.outputs;
        store_quad<true>(values + begin, quad, layer.outputs, {v0.value, v1.value, v2.value, v3.value});
        if constexpr (curve == Nonlinearity::silu) {
          store_quad<true>(slopes + begin, quad, layer.outputs, {v0.slope, v1.slope, v2.slope, v3.slope});
        }
      }
    }
  }
}

/// Finish of backward_kernel: writes the gradient with respect to a pixel.
struct Store {
  float* result;
  std::int64_t pixels;

  __device__ void operator()(std::int64_t image, std::int64_t element, float gradient) const {
    result[image * pixels + element] = gradient;
  }
};

/// Finish of backward_kernel: makes the pixel's Langevin step.
struct Move {
  FusedUpdate move;
  std::int64_t pixels;

  __device__ void operator()(std::int64_t image, std::int64_t element, float gradient) const {
    const PlacedStep step = placed_in(move.series, move.counter, move.update);
    const LangevinStep own = step_of_row(step.update, {.gradient = nullptr, .noise = move.noise_factors}, image);
    const philox4x32_ctr_t bits = random_quad(row_key(step.counter, image), static_cast<std::uint32_t>(element / 4));
    const bool upper = element % 4 >= 2;
    const Pair pair = normals_of(upper ? bits.v[2] : bits.v[0], upper ? bits.v[3] : bits.v[1]);
    const float noise = element % 2 == 0 ? pair.first : pair.second;
    float& x = move.x[image * pixels + element];
    const float moved = langevin_step<Boundary::none>(x, gradient, 1.0F, noise, own);
    x = own.boundary == Boundary::clamp     ? keep_inside<Boundary::clamp>(moved)
        : own.boundary == Boundary::reflect ? keep_inside<Boundary::reflect>(moved)
                                            : moved;
  }
};

template <Nonlinearity curve, class Value, int channels, class Finish>
__global__ void __launch_bounds__(backward_threads, 2)
    backward_kernel(FirstLayer layer, const Value* __restrict__ gradient, const Value* __restrict__ kept,
                    Finish finish) {
  constexpr int taps = kernel_size * kernel_size * channels;
  __shared__ float weights[chunk * taps];
  __shared__ float parts[sources * taps];
  const auto thread = static_cast<int>(threadIdx.x);
  const std::int64_t top = static_cast<std::int64_t>(blockIdx.y) * tile_rows;
  const std::int64_t left = static_cast<std::int64_t>(blockIdx.x) * tile_columns;
  const std::int64_t source_y = top + thread / source_columns - 1;
  const std::int64_t source_x = left + thread % source_columns - 1;
  const bool is_source =
      thread < sources && source_y >= 0 && source_y < layer.height && source_x >= 0 && source_x < layer.width;
  const std::int64_t y = top + thread / tile_columns;
  const std::int64_t x = left + thread % tile_columns;
  const bool is_pixel = thread < tile_rows * tile_columns && y < layer.height && x < layer.width;
  for (std::int64_t image = blockIdx.z; image < layer.images; image += gridDim.z) {
    const std::int64_t begin = ((image * layer.height + source_y) * layer.width + source_x) * layer.outputs;
    float sums[taps] = {};
    for (std::int64_t first = 0; first < layer.outputs; first += chunk) {
      __syncthreads();
      for (int i = thread; i < chunk * taps; i += backward_threads) {
        const std::int64_t output = first + i % chunk;
        weights[i % chunk * taps + i / chunk] =
            output < layer.outputs ? layer.weight[i / chunk * layer.outputs + output] : 0.0F;
      }
      __syncthreads();
      const auto quads = static_cast<int>(min(static_cast<std::int64_t>(chunk), layer.outputs - first) / 4);
      if (!is_source) continue;
#pragma unroll 1
      for (int q = 0; q < quads; ++q) {
        const auto quad = static_cast<std::uint32_t>(first / 4 + q);
        const Quad<float> g = load_quad<true>(gradient + begin, quad, layer.outputs);
        const Quad<float> k = load_quad<true>(kept + begin, quad, layer.outputs);
        const float pulled[4] = {g.a * kept_slope<curve>(k.a, layer.slope), g.b * kept_slope<curve>(k.b, layer.slope),
                                 g.c * kept_slope<curve>(k.c, layer.slope), g.d * kept_slope<curve>(k.d, layer.slope)};
#pragma unroll
        for (int i = 0; i < 4; ++i) {
#pragma unroll
          for (int tap = 0; tap < taps; ++tap) {
            sums[tap] = fmaf(pulled[i], weights[(4 * q + i) * taps + tap], sums[tap]);
          }
        }
      }
    }
    if (thread < sources) {
#pragma unroll
      for (int tap = 0; tap < taps; ++tap) parts[thread * taps + tap] = sums[tap];
    }
    __syncthreads();
    if (is_pixel) {
      for (int c = 0; c < channels; ++c) {
        float sum = 0.0F;
#pragma unroll
        for (int ky = 0; ky < kernel_size; ++ky) {
#pragma unroll
          for (int kx = 0; kx < kernel_size; ++kx) {
            const int source = (thread / tile_columns + kernel_size - 1 - ky) * source_columns + thread % tile_columns +
                               kernel_size - 1 - kx;
            sum += parts[source * taps + (ky * kernel_size + kx) * channels + c];
          }
        }
        finish(image, (y * layer.width + x) * channels + c, sum);
      }
    }
  }
}

/// Calls use(curve, value, channels) with two constants and a Named type.
template <class Use>
void with_layer(const FirstLayer& layer, const Use& use) {
  const auto with_channels = [&](auto curve, auto value) {
    if (layer.channels == 1) return use(curve, value, std::integral_constant<int, 1>{});
    if (layer.channels == 3) return use(curve, value, std::integral_constant<int, 3>{});
    throw std::invalid_argument("first layer: expected images of one or three channels, found " +
                                std::to_string(layer.channels));
  };
  const auto with_value = [&](auto curve) {
    if (layer.format == Precision::bfloat16) return with_channels(curve, Named<Bfloat16>{});
    return with_channels(curve, Named<float>{});
  };
  switch (layer.kind) {
    case Nonlinearity::silu:
      return with_value(std::integral_constant<Nonlinearity, Nonlinearity::silu>{});
    case Nonlinearity::leaky_relu:
      return with_value(std::integral_constant<Nonlinearity, Nonlinearity::leaky_relu>{});
  }
}

std::int64_t pixels_of(const FirstLayer& layer) { return layer.height * layer.width * layer.channels; }

bool is_empty(const FirstLayer& layer) { return layer.images == 0 || pixels_of(layer) == 0 || layer.outputs == 0; }

unsigned blocks_for(std::int64_t count, std::int64_t of_block) {
  return static_cast<unsigned>((count + of_block - 1) / of_block);
}

template <class Finish>
void launch_backward(const FirstLayer& layer, const void* gradient, const void* kept, const Finish& finish,
                     void* stream) {
  if (is_empty(layer)) return;
  with_layer(layer, [&](auto curve, auto value, auto channels) {
    using Value = typename decltype(value)::type;
    const auto* const g = static_cast<const Value*>(gradient);
    const auto* const k = static_cast<const Value*>(kept);
    const dim3 grid(blocks_for(layer.width, tile_columns), blocks_for(layer.height, tile_rows),
                    static_cast<unsigned>(std::min(layer.images, max_grid_images)));
    launch(backward_kernel<curve(), Value, channels(), Finish>, grid, backward_threads, stream, layer, g, k, finish);
  });
}

}  // namespace

void first_layer_forward(const FirstLayer& layer, const float* x, void* values, void* slopes, void* stream) {
  if (is_empty(layer)) return;
  if (layer.images * layer.height > most_rows)
    throw std::invalid_argument("first layer: expected fewer images at once");
  with_layer(layer, [&](auto curve, auto value, auto channels) {
    using Value = typename decltype(value)::type;
    auto* const v = static_cast<Value*>(values);
    auto* const s = static_cast<Value*>(slopes);
    const auto quads = static_cast<unsigned>(layer.outputs / 4);
    const unsigned across = std::min<unsigned>(quads, max_threads);
    const auto runs = static_cast<unsigned>((layer.width + run - 1) / run);
    const dim3 block(across, std::min<unsigned>(runs, max_threads / across));
    const dim3 grid(blocks_for(runs, block.y),
                    static_cast<unsigned>(std::min(layer.images * layer.height, max_grid_rows)));
    launch(forward_kernel<curve(), Value, channels()>, grid, block, stream, layer, x, v, s);
  });
}

void first_layer_backward(const FirstLayer& layer, const void* gradient, const void* kept, float* result,
                          void* stream) {
  launch_backward(layer, gradient, kept, Store{result, pixels_of(layer)}, stream);
}

void first_layer_langevin(const FirstLayer& layer, const void* gradient, const void* kept, const FusedUpdate& move,
                          void* stream) {
  if (move.update.boundary == Boundary::reject) {
    throw std::invalid_argument("first layer: an image that may refuse its step is not moved pixel by pixel");
  }
  launch_backward(layer, gradient, kept, Move{move, pixels_of(layer)}, stream);
}

}  // namespace cebm::kernels::cuda
