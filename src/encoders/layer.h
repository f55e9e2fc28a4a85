// Layers with the input gradient for a backward pass without autograd, and their initial weights.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <string>

namespace cebm {

/// Uniform on +-1/sqrt(fan_in), PyTorch's default for convolutions and linear layers; `index` numbers the parameters
/// of a model.
torch::Tensor initial_values(torch::IntArrayRef shape, std::int64_t fan_in, std::uint64_t seed, std::uint64_t index);

/// A convolution (weight of rank 4) or a fully connected layer.
struct Layer {
  torch::Tensor weight;
  torch::Tensor bias;
  std::int64_t stride = 1;
  std::int64_t padding = 0;

  bool is_convolution() const { return weight.dim() == 4; }
  torch::Tensor operator()(const torch::Tensor& x) const;
  /// Gradient with respect to the input x, from the gradient with respect to the output.
  torch::Tensor pull_back(const torch::Tensor& x, const torch::Tensor& gradient) const;
};

/// Creates a layer with weights of `shape` and registers its parameters with `owner` as weight<suffix> and
/// bias<suffix>, with initial_values() number `index` and `index` + 1.
Layer register_layer(torch::nn::Module& owner, const std::string& suffix, torch::IntArrayRef shape, std::uint64_t seed,
                     std::uint64_t index, std::int64_t stride = 1, std::int64_t padding = 0);

}  // namespace cebm
