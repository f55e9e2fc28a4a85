/// Losses of per-image values and their gradients with respect to a model's weights.
#pragma once

#include <cebm/gradient_parts.h>
#include <cebm/tiles.h>

#include <functional>
#include <vector>

namespace cebm {

/// A loss of per-image values and its gradient with respect to a model's weights.
///
/// `values` is asked for the values of each tile, [b, ...] for its b images; `loss` maps those of the whole batch,
/// [B, ...], to a scalar; its derivative is sent back tile by tile and the tiles' gradients are added to the
/// parameters' grad() in their order, or to `parts`, where they are given. Returns the loss's value, detached.
torch::Tensor add_loss_gradient(const std::vector<torch::Tensor>& parameters, torch::Device device, std::int64_t count,
                                const std::function<torch::Tensor(const Tile& tile)>& values,
                                const std::function<torch::Tensor(const torch::Tensor& values)>& loss,
                                GradientParts* parts = nullptr);

}  // namespace cebm
