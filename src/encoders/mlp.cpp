#include "encoders/mlp.h"

#include <cebm/tiles.h>

#include "encoders/layer.h"

namespace cebm {

Mlp::Mlp(const std::vector<std::int64_t>& widths, Activation activation, bool activate_end, std::uint64_t seed,
         std::uint64_t first_parameter)
    : activation_(activation), activate_end_(activate_end) {
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    const std::uint64_t number = first_parameter + 2 * i;
    const std::string name = std::to_string(i);
    weights_.push_back(
        register_parameter("weight" + name, initial_values({widths[i + 1], widths[i]}, widths[i], seed, number)));
    weights_.push_back(register_parameter("bias" + name, initial_values({widths[i + 1]}, widths[i], seed, number + 1)));
  }
}

torch::Tensor Mlp::forward(const std::vector<torch::Tensor>& inputs) const {
  return map_tiles(inputs[0].size(0), inputs, weights_, [this](const Tile&, const auto& in, const auto& weights) {
    std::vector<torch::Tensor> flat;
    for (const torch::Tensor& input : in) flat.push_back(input.flatten(1));
    torch::Tensor h = torch::cat(flat, 1);
    for (std::size_t i = 0; i < weights.size(); i += 2) {
      h = at::linear(h, weights[i], weights[i + 1]);
      if (activate_end_ || i + 2 < weights.size()) h = activation_(h);
    }
    return std::vector{h};
  })[0];
}

}  // namespace cebm
