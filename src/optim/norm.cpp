#include "optim/norm.h"

#include <ATen/ops/_foreach_norm.h>
#include <cebm/tiles.h>

namespace cebm {

namespace {

/// Sum of the squared elements of each tensor, [number of tensors].
torch::Tensor sums_of_squares(const std::vector<torch::Tensor>& tensors) {
  if (!tensors.front().is_cpu()) return torch::stack(at::_foreach_norm(tensors)).square();
  std::vector<torch::Tensor> sums(tensors.size());
  for_each_tile(torch::kCPU, std::ssize(tensors), /*size=*/1, [&](const Tile& tile) {
    const auto index = static_cast<std::size_t>(tile.index);
    sums[index] = tensors[index].square().sum();  // a tree of sums, which rounds less than LibTorch's norms
  });
  return torch::stack(sums);
}

}  // namespace

torch::Tensor joint_norm(const std::vector<torch::Tensor>& tensors) { return sums_of_squares(tensors).sum().sqrt(); }

}  // namespace cebm
