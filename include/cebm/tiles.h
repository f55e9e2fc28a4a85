/// Splitting a batch into tiles that are computed side by side.
///
/// On the CPU a batch is cut into tiles of a fixed size and each tile is computed by one thread: activations stay in
/// the cache, threads synchronise once instead of at every layer, and because the tiles do not depend on the number of
/// threads, neither do the results. Elsewhere the whole batch is one tile.
#pragma once

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
/// An exception is rethrown when all tiles have ended. Autograd records if it does in the caller.
void for_each_tile(torch::Device device, std::int64_t count, const std::function<void(const Tile&)>& body);
/// The same with tiles of `size` rows on every device.
void for_each_tile(torch::Device device, std::int64_t count, std::int64_t size,
                   const std::function<void(const Tile&)>& body);

/// f(rows, place of the first one), [b, ...] -> [b, ...], for rows [B, ...]; no graph is recorded. On the CPU it is
/// computed in whole tiles, the last one padded with copies of the last row, so a row's value depends on neither the
/// number of threads nor, for batches of whole tiles, on the other rows. Throws std::invalid_argument without rows.
torch::Tensor map_rows(const torch::Tensor& rows,
                       const std::function<torch::Tensor(const torch::Tensor& rows, std::int64_t first)>& f);

/// The function that map_tiles calls for one tile, with the tile's rows of each input and the shared tensors. It must
/// use no other tensor that requires a gradient.
using TileFunction = std::function<std::vector<torch::Tensor>(
    const Tile& tile, const std::vector<torch::Tensor>& inputs, const std::vector<torch::Tensor>& shared)>;

/// Computes a part of a network tile by tile, as one node of autograd's graph, for networks that combine images between
/// such parts (batch normalisation). The parts do not depend on the number of threads, nor does anything computed from
/// them in tensors too small for LibTorch to split.
///
/// `inputs` [B, ...] are cut into tiles, `shared` go to every tile as they are. Each of the function's results has one
/// row per image or per tile; those of all tiles are concatenated. The gradients of shared tensors are added in the
/// order of the tiles. The graph serves one backward pass; a second throws std::logic_error.
std::vector<torch::Tensor> map_tiles(std::int64_t count, const std::vector<torch::Tensor>& inputs,
                                     const std::vector<torch::Tensor>& shared, const TileFunction& function);

}  // namespace cebm
