// Batch normalisation (Ioffe and Szegedy 2015) as a scale and a shift of every channel.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>

namespace cebm {

/// x -> scale * x + shift for each channel, both [C].
struct ChannelMap {
  torch::Tensor scale;
  torch::Tensor shift;
};

class BatchNorm final : public torch::nn::Module {
 public:
  explicit BatchNorm(std::int64_t channels);

  /// Normalises by a batch given as groups of values: means and biased variances [G, C], sizes [G, 1] (values per
  /// channel). Differentiable; updates the running averages.
  ChannelMap of_batch(const torch::Tensor& means, const torch::Tensor& variances, const torch::Tensor& sizes);
  /// Normalises by the running averages.
  ChannelMap of_running() const;

 private:
  ChannelMap map(const torch::Tensor& mean, const torch::Tensor& variance) const;

  torch::Tensor weight_;
  torch::Tensor bias_;
  torch::Tensor running_mean_;
  torch::Tensor running_var_;  ///< unbiased, as PyTorch keeps it
};

}  // namespace cebm
