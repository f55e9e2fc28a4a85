#include "encoders/layer.h"

#include <cebm/random.h>

#include <cmath>

namespace cebm {

torch::Tensor initial_values(torch::IntArrayRef shape, std::int64_t fan_in, std::uint64_t seed, std::uint64_t index) {
  const float bound = 1.0F / std::sqrt(static_cast<float>(fan_in));
  return uniform(shape, {seed, Stream::weights, index}, -bound, bound);
}

torch::Tensor Layer::operator()(const torch::Tensor& x) const {
  if (is_convolution()) return at::conv2d(x, weight, bias, stride, padding);
  return at::linear(x.flatten(1), weight, bias);
}

torch::Tensor Layer::pull_back(const torch::Tensor& x, const torch::Tensor& gradient) const {
  if (!is_convolution()) return gradient.matmul(weight).view(x.sizes());
  const std::int64_t two[] = {stride, stride};
  const std::int64_t pad[] = {padding, padding};
  const std::int64_t one[] = {1, 1};
  const std::int64_t zero[] = {0, 0};
  return std::get<0>(at::convolution_backward(gradient, x, weight, at::OptionalIntArrayRef{}, two, pad, one,
                                              /*transposed=*/false, zero, /*groups=*/1, {true, false, false}));
}

Layer register_layer(torch::nn::Module& owner, const std::string& suffix, torch::IntArrayRef shape, std::uint64_t seed,
                     std::uint64_t index, std::int64_t stride, std::int64_t padding) {
  std::int64_t fan_in = 1;
  for (const std::int64_t size : shape.slice(1)) fan_in *= size;
  torch::Tensor weight = initial_values(shape, fan_in, seed, index);
  // Channels-last weights keep every activation channels-last, also for one-channel images.
  if (weight.dim() == 4) weight = weight.contiguous(torch::MemoryFormat::ChannelsLast);
  return {owner.register_parameter("weight" + suffix, weight),
          owner.register_parameter("bias" + suffix, initial_values({shape[0]}, fan_in, seed, index + 1)), stride,
          padding};
}

}  // namespace cebm
