// The tiles that a grid of outputs is computed in by minimal filtering (see WinogradPass).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kernels/cpu/aligned_array.h"
#include "kernels/cpu/conv_kernels.h"
#include "kernels/cpu/feature_map.h"

namespace cebm::kernels::cpu {

/// Memory for the transforms of a few images; grows to the largest size requested.
class WinogradScratch {
 public:
  float* inputs(std::int64_t size) { return grown(inputs_, size); }
  float* products(std::int64_t size) { return grown(products_, size); }

 private:
  static float* grown(AlignedArray<float>& array, std::int64_t size);

  AlignedArray<float> inputs_;
  AlignedArray<float> products_;
};

class WinogradTiles {
 public:
  /// A point that some tile has: its index among all points, its factors of the taps (0, 0), (0, 1), (1, 0) and (1, 1),
  /// and its matrices' rows for one image.
  struct Point {
    std::int64_t index;
    std::array<float, 4> factors;
    MapRows rows;
  };

  WinogradTiles(const TapGrid& grid, std::int64_t columns);

  /// Whether the loops can compute the grid: at least two rows and columns of outputs, channels that fill vectors, and
  /// at most winograd_phases phases.
  static bool fit(const TapGrid& grid);

  const std::vector<Point>& points() const { return points_; }
  /// Numbers of a transformed input, [phase][channel].
  std::int64_t depth() const { return pass_.phases * pass_.channels; }
  std::int64_t columns() const { return pass_.columns; }
  /// How many of `images` are transformed at a time.
  std::int64_t chunk(std::int64_t images) const;
  /// Rows of an image in all matrices.
  std::int64_t rows() const { return rows_; }
  /// The row where a point's matrix begins, for `images` images.
  std::int64_t first_row(const Point& point, std::int64_t images) const {
    return pass_.first_row[point.index] * images;
  }

  WinogradPass& pass() { return pass_; }
  const WinogradPass& pass() const { return pass_; }

 private:
  std::vector<WinogradTile> tiles_;
  std::vector<Point> points_;
  std::int64_t rows_ = 0;
  WinogradPass pass_{};
};

}  // namespace cebm::kernels::cpu
