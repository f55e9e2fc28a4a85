#include "encoders/batch_norm.h"

#include <c10/core/GradMode.h>

namespace cebm {

namespace {

constexpr double kEpsilon = 1e-5;
constexpr double kMomentum = 0.1;

}  // namespace

BatchNorm::BatchNorm(std::int64_t channels)
    : weight_(register_parameter("weight", torch::ones({channels}))),
      bias_(register_parameter("bias", torch::zeros({channels}))),
      running_mean_(register_buffer("running_mean", torch::zeros({channels}))),
      running_var_(register_buffer("running_var", torch::ones({channels}))) {}

ChannelMap BatchNorm::of_batch(const torch::Tensor& means, const torch::Tensor& variances, const torch::Tensor& sizes) {
  const torch::Tensor count = sizes.sum();
  const torch::Tensor mean = (sizes * means).sum(0) / count;
  // Variance within plus between the groups, which avoids a difference of large squares.
  const torch::Tensor variance = (sizes * (variances + (means - mean).square())).sum(0) / count;
  {
    const torch::NoGradGuard no_graph;
    running_mean_.lerp_(mean, kMomentum);
    running_var_.lerp_(variance * count / (count - 1).clamp_min(1), kMomentum);
  }
  return map(mean, variance);
}

ChannelMap BatchNorm::of_running() const { return map(running_mean_, running_var_); }

ChannelMap BatchNorm::map(const torch::Tensor& mean, const torch::Tensor& variance) const {
  const torch::Tensor scale = weight_ * torch::rsqrt(variance + kEpsilon);
  return {scale, bias_ - mean * scale};
}

}  // namespace cebm
