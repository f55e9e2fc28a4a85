// Matrix products of bfloat16 on a unit that multiplies whole tiles (Intel AMX). Part of conv_loops.h.
#pragma once

#include "kernels/cpu/loops/products.h"

namespace cebm::kernels::cpu {

namespace {

constexpr int tile_rows = 16;
constexpr int tile_depth = 32;    ///< numbers of a row that one instruction sums
constexpr int tile_columns = 16;  ///< sums in a row

constexpr int group_rows = 2 * tile_rows;  ///< that are multiplied together
constexpr int group_depth = 1024;          ///< numbers of each row that are copied at a time
constexpr int group_columns = 512;         ///< whose sums are kept at a time

static_assert(block_columns == 2 * tile_columns, "weights come in blocks of two tiles");

/// Rows of a feature map side by side, the rest zero: a tile's rows have to be equally far apart.
struct CopiedRows {
  alignas(64) Bfloat16 numbers[group_rows][group_depth];

  /// Copies the numbers [begin, end) of `count` rows.
  void copy(const MatrixPass& pass, const Bfloat16* in, Cursor at, int count, std::int64_t begin, std::int64_t end) {
    const std::int64_t padded = (end - begin + tile_depth - 1) / tile_depth * tile_depth;
    for (int i = 0; i < group_rows; ++i) {
      std::int64_t to = 0;
      if (i < count) {
        const Bfloat16* const row = in + at.image * pass.in_stride + pass.in_offset[at.row];
        for (std::int64_t k = begin; k < end;) {
          const std::int64_t segment = k / pass.segment_length;
          const std::int64_t place = k % pass.segment_length;
          const std::int64_t left = pass.segment_length - place < end - k ? pass.segment_length - place : end - k;
          __builtin_memcpy(numbers[i] + to, row + segment * pass.segment_stride + place,
                           static_cast<std::size_t>(left) * sizeof(Bfloat16));
          to += left;
          k += left;
        }
        at.advance(1, pass.rows);
      }
      __builtin_memset(numbers[i] + to, 0, static_cast<std::size_t>(padded - to) * sizeof(Bfloat16));
    }
  }
};

/// The last numbers of a block's weights, fewer than a tile holds, and zeros.
struct LastWeights {
  alignas(64) Bfloat16 pairs[tile_depth / 2][2 * block_columns];

  void copy(const Bfloat16* weights, std::int64_t depth, std::int64_t columns) {
    __builtin_memset(pairs, 0, sizeof pairs);
    for (std::int64_t k = 0; k < depth / 2; ++k) {
      __builtin_memcpy(pairs[k], weights + k * 2 * columns, static_cast<std::size_t>(2 * columns) * sizeof(Bfloat16));
    }
  }
};

/// Adds to 32 rows of `sums`, `stride` numbers apart, the products of `depth` copied numbers with a block's weights, of
/// 32 columns (`vectors` 2) or 16. Tiles 0 to 3 hold the sums, 4 and 5 rows, 6 and 7 weights.
template <class Unit, int vectors>
void multiply_tiles(const CopiedRows& rows, const Bfloat16* weights, std::int64_t depth, bool first, float* sums,
                    std::int64_t stride) {
  constexpr std::int64_t columns = vectors * tile_columns;
  constexpr auto width_of_pairs = static_cast<std::int64_t>(2 * columns * sizeof(Bfloat16));
  const std::int64_t bytes = stride * static_cast<std::int64_t>(sizeof(float));
  float* const below = sums + tile_rows * stride;
  if (first) {
    Unit::template zero<0>();
    Unit::template zero<2>();
    if constexpr (vectors == 2) Unit::template zero<1>(), Unit::template zero<3>();
  } else {
    Unit::template load<0>(sums, bytes);
    Unit::template load<2>(below, bytes);
    if constexpr (vectors == 2) {
      Unit::template load<1>(sums + tile_columns, bytes), Unit::template load<3>(below + tile_columns, bytes);
    }
  }
  const auto step = [&](std::int64_t k, const Bfloat16* pairs, std::int64_t pitch) {
    constexpr auto row_bytes = static_cast<std::int64_t>(group_depth * sizeof(Bfloat16));
    Unit::template load<4>(rows.numbers[0] + k, row_bytes);
    Unit::template load<5>(rows.numbers[tile_rows] + k, row_bytes);
    Unit::template load<6>(pairs, pitch);
    Unit::template multiply<0, 4, 6>();
    Unit::template multiply<2, 5, 6>();
    if constexpr (vectors == 2) {
      Unit::template load<7>(pairs + 2 * tile_columns, pitch);
      Unit::template multiply<1, 4, 7>();
      Unit::template multiply<3, 5, 7>();
    }
  };
  std::int64_t k = 0;
  for (; k + tile_depth <= depth; k += tile_depth) step(k, weights + k * columns, width_of_pairs);
  if (k < depth) {
    LastWeights last;
    last.copy(weights + k * columns, depth - k, columns);
    step(k, last.pairs[0], sizeof last.pairs[0]);
  }
  Unit::template store<0>(sums, bytes);
  Unit::template store<2>(below, bytes);
  if constexpr (vectors == 2) {
    Unit::template store<1>(sums + tile_columns, bytes);
    Unit::template store<3>(below + tile_columns, bytes);
  }
}

template <class Out>
CEBM_INLINE void finish_rows(const MatrixPass& pass, const float* sums, Cursor at, int count, std::int64_t first,
                             std::int64_t columns, Out* out, Out* companion) {
  for (int i = 0; i < count; ++i, at.advance(1, pass.rows)) {
    const std::int64_t to = at.image * pass.out_stride + pass.out_offset[at.row] + first;
    for (std::int64_t n = 0; n < columns; n += width) {
      Floats v = load(sums + i * group_columns + n);
      if (pass.bias != nullptr) v += load(pass.bias + first + n);
      finish(pass.epilogue, pass.slope, v, out, companion, to + n);
    }
  }
}

/// As run<Bfloat16Products, Out>. Each result is summed in the order of k, whatever the other rows are.
template <class Unit, class Out>
void run_tiles(const MatrixPass& pass, const Bfloat16* weights, const Bfloat16* in, Out* out, Out* companion,
               std::int64_t images) {
  const std::int64_t depth = pass.segments * pass.segment_length;
  const std::int64_t total = images * pass.rows;
  CopiedRows rows;
  alignas(64) float sums[group_rows * group_columns];
  Unit::begin();
  for (std::int64_t first = 0; first < pass.columns; first += group_columns) {
    const std::int64_t columns = pass.columns - first < group_columns ? pass.columns - first : group_columns;
    Cursor at;
    for (std::int64_t done = 0; done < total; done += group_rows) {
      const int count = total - done < group_rows ? static_cast<int>(total - done) : group_rows;
      if (depth == 0) __builtin_memset(sums, 0, sizeof sums);
      for (std::int64_t begin = 0; begin < depth; begin += group_depth) {
        const std::int64_t end = depth - begin < group_depth ? depth : begin + group_depth;
        rows.copy(pass, in, at, count, begin, end);
        for (std::int64_t n = 0; n < columns; n += block_columns) {
          const bool whole = columns - n >= block_columns;
          const Bfloat16* const block = weights + (first + n) * depth + begin * (whole ? block_columns : tile_columns);
          const auto multiply = whole ? multiply_tiles<Unit, 2> : multiply_tiles<Unit, 1>;
          multiply(rows, block, end - begin, begin == 0, sums + n, group_columns);
        }
      }
      finish_rows(pass, sums, at, count, first, columns, out, companion);
      at.advance(count, pass.rows);
    }
  }
  Unit::end();
}

}  // namespace

}  // namespace cebm::kernels::cpu
