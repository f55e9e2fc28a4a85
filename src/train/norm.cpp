#include "train/norm.h"

#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <cebm/tiles.h>

namespace cebm {

namespace {

std::vector<torch::Tensor> norms_of(const std::vector<torch::Tensor>& tensors) {
  if (!tensors.front().is_cpu()) return at::_foreach_norm(tensors);
  std::vector<torch::Tensor> norms(tensors.size());
  for_each_tile(torch::kCPU, std::ssize(tensors), /*size=*/1, [&](const Tile& tile) {
    const auto index = static_cast<std::size_t>(tile.index);
    norms[index] = at::linalg_vector_norm(tensors[index]);
  });
  return norms;
}

}  // namespace

torch::Tensor joint_norm(const std::vector<torch::Tensor>& tensors) {
  return torch::stack(norms_of(tensors)).square().sum().sqrt();
}

}  // namespace cebm
