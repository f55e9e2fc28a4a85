#include "core/tile_loss.h"

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

namespace cebm {

TileLoss::TileLoss(torch::Device device, std::int64_t count, std::int64_t size,
                   const std::function<torch::Tensor(const Tile& tile)>& values,
                   const std::function<torch::Tensor(const torch::Tensor& values)>& loss)
    : device_(device), count_(count), size_(size), parts_(static_cast<std::size_t>((count + size - 1) / size)) {
  const torch::AutoGradMode record(true);
  for_each_tile(device, count, size,
                [&](const Tile& tile) { parts_[static_cast<std::size_t>(tile.index)] = values(tile); });
  const torch::Tensor all = torch::cat(parts_).detach().requires_grad_(true);
  const torch::Tensor value = loss(all);
  derivative_ = torch::autograd::grad({value}, {all})[0];
  value_ = value.detach();
}

std::vector<torch::autograd::variable_list> TileLoss::gradients(
    const std::function<std::vector<torch::Tensor>(const Tile& tile)>& wanted) {
  std::vector<torch::autograd::variable_list> found(parts_.size());
  for_each_tile(device_, count_, size_, [&](const Tile& tile) {
    const auto index = static_cast<std::size_t>(tile.index);
    found[index] = torch::autograd::grad({parts_[index]}, wanted(tile), {derivative_.narrow(0, tile.begin, tile.size)},
                                         /*retain_graph=*/false, /*create_graph=*/false, /*allow_unused=*/true);
    parts_[index] = torch::Tensor();  // frees the tile's graph
  });
  return found;
}

void add_in_order(const std::vector<torch::Tensor>& parameters,
                  const std::vector<torch::autograd::variable_list>& of_tiles, GradientParts* parts) {
  const torch::NoGradGuard no_graph;
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    for (const auto& tile : of_tiles) {
      if (!tile[p].defined()) continue;
      if (parts != nullptr) {
        parts->add(parameters[p], tile[p]);
        continue;
      }
      torch::Tensor& sum = parameters[p].mutable_grad();
      if (sum.defined()) {
        sum.add_(tile[p]);
      } else {
        sum = tile[p].clone();
      }
    }
  }
}

}  // namespace cebm
