// Convolutions or transposed convolutions with batch normalisation, activation and dropout of channels after each.
#pragma once

#include <cebm/normalized_networks.h>
#include <cebm/tiles.h>

#include "encoders/batch_norm.h"

namespace cebm {

struct StackPlan {
  bool transposed = false;
  bool plain_end = false;  ///< no normalisation or activation after the last convolution, which has a bias
  std::int64_t in_channels = 1;
  std::vector<std::int64_t> channels;  ///< after each layer
  std::vector<std::int64_t> kernels;
  std::vector<std::int64_t> strides;
  std::vector<std::int64_t> paddings;
  Activation activation;
  double dropout = 0.0;
  std::uint64_t seed = 1;
  std::uint64_t first_parameter = 0;
};

class NormalizedStack final : public torch::nn::Module {
 public:
  explicit NormalizedStack(StackPlan plan);
  /// [B, C, H, W] -> [B, C', H', W'].
  torch::Tensor forward(const torch::Tensor& x, const Pass& pass);

 private:
  torch::Tensor convolve(const torch::Tensor& h, std::size_t layer, const torch::Tensor& weight) const;
  ChannelMap normalize(torch::Tensor& h, std::size_t layer, const Pass& pass);
  torch::Tensor activate(const torch::Tensor& h, const ChannelMap& channels, const torch::Tensor& kept) const;
  torch::Tensor kept_channels(const torch::Tensor& h, std::size_t layer, const Pass& pass) const;

  StackPlan plan_;
  std::vector<torch::Tensor> weights_;
  std::vector<std::shared_ptr<BatchNorm>> norms_;
  torch::Tensor end_bias_;
};

}  // namespace cebm
