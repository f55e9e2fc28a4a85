#include "eval/features/hidden_features.h"

#include <cebm/columns.h>

namespace cebm {

namespace {

torch::Tensor through(const FeedForwardLayer& layer, const torch::Tensor& x) {
  const torch::Tensor sums = layer.weight.dim() == 4 ? torch::conv2d(x, layer.weight, layer.bias,
                                                                     /*stride=*/layer.stride, /*padding=*/layer.padding)
                                                     : torch::linear(x.flatten(1), layer.weight, layer.bias);
  return layer.activation ? (*layer.activation)(sums) : sums;
}

}  // namespace

torch::Tensor hidden_features(const std::vector<FeedForwardLayer>& layers, const torch::Tensor& images) {
  return map_images(images, 0, [&](const torch::Tensor& x, std::int64_t) {
    torch::Tensor hidden = x;
    for (std::size_t l = 0; l + 1 < layers.size(); ++l) hidden = through(layers[l], hidden);
    return hidden.contiguous().flatten(1);
  });
}

}  // namespace cebm
