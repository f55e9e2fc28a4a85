// A loss of per-image values that are computed tile by tile (tiles.h), and its gradients.
#pragma once

#include <cebm/gradient_parts.h>
#include <cebm/tiles.h>
#include <torch/csrc/autograd/variable.h>

#include <functional>
#include <vector>

namespace cebm {

class TileLoss {
 public:
  /// `values` and `loss` as in add_loss_gradient; tiles of `size`.
  TileLoss(torch::Device device, std::int64_t count, std::int64_t size,
           const std::function<torch::Tensor(const Tile& tile)>& values,
           const std::function<torch::Tensor(const torch::Tensor& values)>& loss);

  /// Detached.
  const torch::Tensor& value() const { return value_; }

  /// Each tile's contribution to the gradients of the tensors that `wanted` returns for it; undefined where the tile
  /// does not use a tensor. Frees the graph: call it only once.
  std::vector<torch::autograd::variable_list> gradients(
      const std::function<std::vector<torch::Tensor>(const Tile& tile)>& wanted);

 private:
  torch::Device device_;
  std::int64_t count_;
  std::int64_t size_;
  std::vector<torch::Tensor> parts_;  ///< the tiles' values, with their graphs
  torch::Tensor value_;
  torch::Tensor derivative_;
};

/// Adds the tiles' gradients, in tile order, to the grad() of `parameters`, or to `parts`. `parameters` must be the
/// first of the tensors that `wanted` returned.
void add_in_order(const std::vector<torch::Tensor>& parameters,
                  const std::vector<torch::autograd::variable_list>& of_tiles, GradientParts* parts = nullptr);

}  // namespace cebm
