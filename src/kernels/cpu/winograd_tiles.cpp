#include "kernels/cpu/winograd_tiles.h"

#include <algorithm>

#include "kernels/cpu/packed_product.h"

namespace cebm::kernels::cpu {

namespace {

constexpr std::int64_t kLine = 4;  ///< points in a direction

/// Factors of a direction's two taps at the points 0, 1, infinity and -1.
constexpr std::array<std::array<float, 2>, kLine> kFactors{{{1.0F, 0.0F}, {0.5F, 0.5F}, {0.0F, 1.0F}, {0.5F, -0.5F}}};

/// Rows that keep the registers of a matrix product busy; transforms of more images would only leave the cache.
constexpr std::int64_t kRows = 14;

/// Splits `count` outputs into tiles of three and, if 3 does not divide `count`, some of two.
std::vector<std::int64_t> tile_sizes(std::int64_t count) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>((count + 2) / 3), 3);
  for (auto last = sizes.rbegin(); count % 3 != 0; ++count, ++last) --*last;
  return sizes;
}

WinogradTile tile_at(const TapGrid& grid, std::int64_t y, std::int64_t x, Extent size) {
  return {.in_offset = static_cast<std::int32_t>(grid.in_offset + y * grid.in_row + x * grid.in_column),
          .out_offset = static_cast<std::int32_t>(grid.out_offset + y * grid.out_row + x * grid.out_column),
          .height = static_cast<std::int32_t>(size.height),
          .width = static_cast<std::int32_t>(size.width),
          .row = {}};
}

std::vector<WinogradTile> tiles_of(const TapGrid& grid) {
  std::vector<WinogradTile> tiles;
  std::int64_t y = 0;
  for (const std::int64_t height : tile_sizes(grid.outputs.height)) {
    std::int64_t x = 0;
    for (const std::int64_t width : tile_sizes(grid.outputs.width)) {
      tiles.push_back(tile_at(grid, y, x, {height, width}));
      x += width;
    }
    y += height;
  }
  return tiles;
}

WinogradPass pass_of(const TapGrid& grid, std::int64_t columns) {
  WinogradPass pass{};
  pass.in_row = grid.in_row;
  pass.in_column = grid.in_column;
  pass.out_row = grid.out_row;
  pass.out_column = grid.out_column;
  pass.phases = std::ssize(grid.phases);
  std::copy(grid.phases.begin(), grid.phases.end(), pass.phase);
  pass.channels = grid.channels;
  pass.columns = padded_columns(columns);
  return pass;
}

/// `rows` dense rows, one after the other.
MapRows dense_rows(std::int64_t rows, std::int64_t depth, std::int64_t columns) {
  MapRows result;
  for (std::int64_t r = 0; r < rows; ++r) {
    result.in_offset.push_back(static_cast<std::int32_t>(r * depth));
    result.out_offset.push_back(static_cast<std::int32_t>(r * columns));
  }
  result.segments = 1;
  result.segment_length = depth;
  return result;
}

}  // namespace

float* WinogradScratch::grown(AlignedArray<float>& array, std::int64_t size) {
  if (std::ssize(array) < size) array = AlignedArray<float>(static_cast<std::size_t>(size));
  return array.data();
}

WinogradTiles::WinogradTiles(const TapGrid& grid, std::int64_t columns)
    : tiles_(tiles_of(grid)), pass_(pass_of(grid, columns)) {
  pass_.tile = tiles_.data();
  pass_.tiles = std::ssize(tiles_);
  for (WinogradTile& tile : tiles_) {
    for (std::int64_t y = 0; y <= tile.height; ++y) {
      for (std::int64_t x = 0; x <= tile.width; ++x) {
        const std::int64_t p = y * kLine + x;
        tile.row[p] = static_cast<std::int32_t>(pass_.rows[p]++);
      }
    }
  }
  for (std::int64_t p = 0; p < winograd_points; ++p) {
    pass_.first_row[p] = rows_;
    rows_ += pass_.rows[p];
    if (pass_.rows[p] == 0) continue;
    const auto& [up, down] = kFactors[static_cast<std::size_t>(p / kLine)];
    const auto& [left, right] = kFactors[static_cast<std::size_t>(p % kLine)];
    points_.push_back(
        {p, {up * left, up * right, down * left, down * right}, dense_rows(pass_.rows[p], depth(), pass_.columns)});
  }
}

bool WinogradTiles::fit(const TapGrid& grid) {
  return grid.outputs.height > 1 && grid.outputs.width > 1 && grid.channels % column_multiple == 0 &&
         std::ssize(grid.phases) <= winograd_phases;
}

std::int64_t WinogradTiles::chunk(std::int64_t images) const {
  const std::int64_t most = std::min((kRows + pass_.tiles - 1) / pass_.tiles, images);
  const std::int64_t chunks = (images + most - 1) / most;
  return (images + chunks - 1) / chunks;
}

}  // namespace cebm::kernels::cpu
