// Fully connected layers, computed tile by tile.
#pragma once

#include <cebm/activation.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <vector>

namespace cebm {

class Mlp final : public torch::nn::Module {
 public:
  /// `widths` are the number of inputs and the width of each layer; the last layer has the activation too if
  /// `activate_end`.
  Mlp(const std::vector<std::int64_t>& widths, Activation activation, bool activate_end, std::uint64_t seed,
      std::uint64_t first_parameter);
  /// Inputs [B, ...], flattened and joined -> [B, F].
  torch::Tensor forward(const std::vector<torch::Tensor>& inputs) const;

 private:
  Activation activation_;
  bool activate_end_;
  std::vector<torch::Tensor> weights_;  ///< of each layer its weight and its bias
};

}  // namespace cebm
