// One block per image. For a mixture, the block's warps share the scoring of the components.
#include <algorithm>
#include <stdexcept>

#include "kernels/activation_body.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/warp.h"
#include "kernels/head.h"

namespace cebm::kernels::cuda {

namespace {

constexpr int threads = 128;
constexpr int warps = threads / static_cast<int>(warp_size);
constexpr std::int64_t max_blocks = 512;

struct Mapped {
  float value, derivative;
};

__device__ __forceinline__ Mapped mapped(StatisticCurve curve, float n) {
  const float sign =
      curve == StatisticCurve::negative_square || curve == StatisticCurve::negative_softplus ? -1.0F : 1.0F;
  switch (curve) {
    case StatisticCurve::square:
    case StatisticCurve::negative_square:
      return {sign * (n * n), sign * 2.0F * n};
    case StatisticCurve::softplus:
    case StatisticCurve::negative_softplus:
      return {sign * (std::fmax(n, 0.0F) + std::log1p(std::exp(-std::fabs(n)))), sign / (1.0F + std::exp(-n))};
    case StatisticCurve::identity:
      break;
  }
  return {n, 1.0F};
}

/// For one component and dimension of an image: the posterior's natural parameters and the maps' derivatives.
struct Posterior {
  float first, second;
  float first_slope, second_slope;
};

struct ImageOutputs {
  const ConjugateHead& head;
  const float* sums;  ///< of the image, [S, 2, K]
  const float* bias;

  __device__ __forceinline__ Posterior operator()(std::int64_t l, std::int64_t k) const {
    const std::int64_t set = head.sets == 1 ? 0 : l;
    const std::int64_t at = 2 * set * head.dims + k;
    const Mapped first = mapped(head.first, sums[at] + bias[at]);
    const Mapped second = mapped(head.second, sums[at + head.dims] + bias[at + head.dims]);
    const float* const lambda = head.natural + 2 * l * head.dims + k;
    return {lambda[0] + first.value, lambda[head.dims] + second.value, first.derivative, second.derivative};
  }
};

struct Means {
  float first, second;
};

/// (mu, mu^2 + sigma^2).
__device__ __forceinline__ Means means_of(const Posterior& posterior) {
  const float variance = 1.0F / (-2.0F * posterior.second);
  const float mu = posterior.first * variance;
  return {mu, mu * mu + variance};
}

__device__ __forceinline__ float log_partition(const Posterior& posterior) {
  const float twice = -2.0F * posterior.second;
  return 0.5F * (posterior.first * posterior.first / twice - natural_log(twice));
}

/// scores[l] <- the responsibility of component l for the image.
__device__ __forceinline__ void responsibilities(const ImageOutputs& outputs, float* scores) {
  const ConjugateHead& head = outputs.head;
  const unsigned lane = threadIdx.x % warp_size;
  for (std::int64_t l = threadIdx.x / warp_size; l < head.components; l += warps) {
    float sum = 0.0F;
    for (std::int64_t k = lane; k < head.dims; k += warp_size) sum += log_partition(outputs(l, k));
    sum = warp_sum(sum);
    if (lane == 0) scores[l] = sum + head.offsets[l];
  }
  __syncthreads();
  // Every warp finds the same largest score and the same total.
  float largest = scores[0];
  for (std::int64_t l = lane; l < head.components; l += warp_size) largest = std::fmax(largest, scores[l]);
  largest = warp_max(largest);
  float total = 0.0F;
  for (std::int64_t l = lane; l < head.components; l += warp_size) total += std::exp(scores[l] - largest);
  total = warp_sum(total);
  __syncthreads();
  for (std::int64_t l = threadIdx.x; l < head.components; l += threads)
    scores[l] = std::exp(scores[l] - largest) / total;
  __syncthreads();
}

/// For one set of statistics shared by all components, or a single component.
__device__ __forceinline__ void shared_gradient(const ImageOutputs& outputs, const float* weights, float* gradient) {
  const ConjugateHead& head = outputs.head;
  for (std::int64_t k = threadIdx.x; k < head.dims; k += threads) {
    Means sum{0.0F, 0.0F};
    Posterior posterior{};
    for (std::int64_t l = 0; l < head.components; ++l) {
      posterior = outputs(l, k);
      const Means means = means_of(posterior);
      const float weight = head.components == 1 ? 1.0F : weights[l];
      sum.first += weight * means.first;
      sum.second += weight * means.second;
    }
    gradient[k] = -posterior.first_slope * sum.first;
    gradient[head.dims + k] = -posterior.second_slope * sum.second;
  }
}

__device__ __forceinline__ void per_component_gradient(const ImageOutputs& outputs, const float* weights,
                                                       float* gradient) {
  const ConjugateHead& head = outputs.head;
  for (std::int64_t l = threadIdx.x / warp_size; l < head.components; l += warps) {
    float* const of_set = gradient + 2 * l * head.dims;
    for (std::int64_t k = threadIdx.x % warp_size; k < head.dims; k += warp_size) {
      const Posterior posterior = outputs(l, k);
      const Means means = means_of(posterior);
      of_set[k] = -posterior.first_slope * (weights[l] * means.first);
      of_set[head.dims + k] = -posterior.second_slope * (weights[l] * means.second);
    }
  }
}

__global__ void __launch_bounds__(threads, 4)
    conjugate_kernel(ConjugateHead head, const float* __restrict__ sums, const float* __restrict__ bias,
                     std::int64_t images, float* __restrict__ gradient) {
  __shared__ float weights[ConjugateHead::max_components];
  const std::int64_t features = 2 * head.sets * head.dims;
  for (std::int64_t image = blockIdx.x; image < images; image += gridDim.x) {
    const ImageOutputs outputs{head, sums + image * features, bias};
    if (head.components > 1) responsibilities(outputs, weights);
    if (head.sets == 1) {
      shared_gradient(outputs, weights, gradient + image * features);
    } else {
      per_component_gradient(outputs, weights, gradient + image * features);
    }
    __syncthreads();  // the next image overwrites the weights
  }
}

template <Nonlinearity kind>
__global__ void __launch_bounds__(threads)
    linear_kernel(LinearHead head, const float* __restrict__ sums, const float* __restrict__ bias, Rows rows,
                  float* __restrict__ gradient) {
  for (std::int64_t row = blockIdx.x; row < rows.count; row += gridDim.x) {
    for (std::int64_t i = threadIdx.x; i < rows.length; i += threads) {
      const std::int64_t at = row * rows.length + i;
      gradient[at] = head.weight[i] * curved<kind>(sums[at] + bias[i], head.slope).slope;
    }
  }
}

unsigned blocks_of(std::int64_t rows) { return static_cast<unsigned>(std::min(rows, max_blocks)); }

}  // namespace

void conjugate_head(const ConjugateHead& head, const float* sums, const float* bias, std::int64_t images,
                    float* gradient, void* stream) {
  if (head.components > ConjugateHead::max_components) {
    throw std::invalid_argument("conjugate head: expected at most 1024 components");
  }
  if (images == 0 || head.dims == 0) return;
  launch(conjugate_kernel, blocks_of(images), threads, stream, head, sums, bias, images, gradient);
}

void linear_head(const LinearHead& head, const float* sums, const float* bias, Rows rows, float* gradient,
                 void* stream) {
  if (rows.count == 0 || rows.length == 0) return;
  switch (head.kind) {
    case Nonlinearity::leaky_relu:
      return launch(linear_kernel<Nonlinearity::leaky_relu>, blocks_of(rows.count), threads, stream, head, sums, bias,
                    rows, gradient);
    case Nonlinearity::silu:
      return launch(linear_kernel<Nonlinearity::silu>, blocks_of(rows.count), threads, stream, head, sums, bias, rows,
                    gradient);
  }
}

}  // namespace cebm::kernels::cuda
