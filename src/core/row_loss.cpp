#include "core/row_loss.h"

#include <algorithm>

#include "core/tile_loss.h"

namespace cebm {

namespace {

/// Rows per tile on the CPU. With fewer, the overhead of LibTorch's calls dominates.
constexpr std::int64_t kLossRows = 64;

}  // namespace

RowLoss add_row_loss(const torch::Tensor& rows, const std::vector<torch::Tensor>& parameters,
                     const std::function<torch::Tensor(const torch::Tensor& rows, std::int64_t first)>& values,
                     const std::function<torch::Tensor(const torch::Tensor& values)>& loss, GradientParts* parts) {
  const std::int64_t count = rows.size(0);
  const std::int64_t size = rows.is_cpu() ? kLossRows : std::max<std::int64_t>(count, 1);
  std::vector<torch::Tensor> leaves(static_cast<std::size_t>((count + size - 1) / size));
  const auto leaf_of = [&](const Tile& tile) -> torch::Tensor& { return leaves[static_cast<std::size_t>(tile.index)]; };
  const auto of_tile = [&](const Tile& tile) {
    leaf_of(tile) = rows.narrow(0, tile.begin, tile.size).detach().requires_grad_(true);
    return values(leaf_of(tile), tile.begin);
  };
  TileLoss tiled(rows.device(), count, size, of_tile, loss);
  const auto gradients = tiled.gradients([&](const Tile& tile) {
    std::vector<torch::Tensor> wanted = parameters;
    wanted.push_back(leaf_of(tile));
    return wanted;
  });
  add_in_order(parameters, gradients, parts);
  std::vector<torch::Tensor> of_rows;
  for (const auto& tile : gradients) of_rows.push_back(tile.back());
  return {tiled.value(), torch::cat(of_rows)};
}

}  // namespace cebm
