/// Losses of per-image values and their gradients with respect to a model's weights.
#pragma once

#include <cebm/gradient_parts.h>
#include <cebm/tiles.h>

#include <functional>
#include <vector>

namespace cebm {

/// A loss of per-image values and its gradient with respect to a model's weights.
///
/// `values` computes the values of a tile, [b, ...] for its b images; `loss` maps those of the whole batch, [B, ...],
/// to a scalar. Its derivative is back-propagated tile by tile, and the tiles' gradients are added, in the order of the
/// tiles, to the parameters' grad(), or to `parts` if given. Returns the loss's value, detached.
torch::Tensor add_loss_gradient(const std::vector<torch::Tensor>& parameters, torch::Device device, std::int64_t count,
                                const std::function<torch::Tensor(const Tile& tile)>& values,
                                const std::function<torch::Tensor(const torch::Tensor& values)>& loss,
                                GradientParts* parts = nullptr);

}  // namespace cebm
