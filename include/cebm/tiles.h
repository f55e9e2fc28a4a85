/// Splitting a batch into tiles that are computed side by side.
///
/// On the CPU a batch is cut into tiles of a fixed size and each tile is computed by one thread: activations stay in
/// the cache, threads meet once instead of at every layer, and because the tiles do not depend on the number of
/// threads, neither do the results. Elsewhere the whole batch is one tile.
#pragma once

#include <cebm/model.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace cebm {

/// Images in a tile on the CPU.
inline constexpr std::int64_t kTileSize = 16;

/// Rows of tile `index` for a batch of `count` rows.
struct Tile {
  std::int64_t index = 0;
  std::int64_t begin = 0;
  std::int64_t size = 0;
};

/// How many tiles for_each_tile makes.
std::int64_t tile_count(torch::Device device, std::int64_t count);

/// Calls body(tile) for every tile of `count` rows, in parallel on the CPU; body must not touch other tiles' data.
/// An exception is rethrown when all tiles have ended. Autograd recording is as in the caller.
void for_each_tile(torch::Device device, std::int64_t count, const std::function<void(const Tile&)>& body);

/// A loss of per-image values and its gradient with respect to a model's weights.
///
/// `values` is asked for the values of each tile, [b, ...] for its b images; `loss` maps those of the whole batch,
/// [B, ...], to a scalar; its derivative is sent back tile by tile and the tiles' gradients are added to the
/// parameters' grad() in their order. Returns the loss's value, detached.
torch::Tensor add_loss_gradient(const std::vector<torch::Tensor>& parameters, torch::Device device, std::int64_t count,
                                const std::function<torch::Tensor(const Tile& tile)>& values,
                                const std::function<torch::Tensor(const torch::Tensor& values)>& loss);

/// The same for a loss of the energies [B] of images x [B, C, H, W].
torch::Tensor add_energy_loss_gradient(EnergyModel& model, const torch::Tensor& x,
                                       const std::function<torch::Tensor(const torch::Tensor& energies)>& loss);

}  // namespace cebm
