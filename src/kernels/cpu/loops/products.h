// Matrix products of feature maps with packed weights, and their outer products. Part of conv_loops.h.
#pragma once

#include "kernels/cpu/loops/vectors.h"

namespace cebm::kernels::cpu {

namespace {

/// One step of the inner loop: a number or a pair of numbers of the row, and a vector of the weights.
struct Float32Products {
  using Element = float;
  using Factor = Floats;
  using Row = Floats;
  static constexpr int per_step = 1;
  CEBM_INLINE static Factor weights(const float* p) { return load(p); }
  CEBM_INLINE static Row row(const float* p) { return splat(*p); }
  CEBM_INLINE static void add(Floats& sum, Row row, Factor weights) { sum += row * weights; }
};

#ifdef CEBM_NATIVE_BF16
struct Bfloat16Products {
  using Element = Bfloat16;
  using Factor = __m512bh;
  using Row = __m512bh;
  static constexpr bool has_instructions = true;
  static constexpr int per_step = 2;
  CEBM_INLINE static Factor weights(const Bfloat16* p) { return reinterpret_cast<Factor>(_mm512_loadu_si512(p)); }
  CEBM_INLINE static Row row(const Bfloat16* p) {
    return reinterpret_cast<Row>(_mm512_set1_epi32(static_cast<int>(*reinterpret_cast<const AnyWord*>(p))));
  }
  CEBM_INLINE static void add(Floats& sum, Row row, Factor weights) {
    sum = reinterpret_cast<Floats>(_mm512_dpbf16_ps(reinterpret_cast<__m512>(sum), row, weights));
  }
};
#else
struct Bfloat16Products {
  using Element = Bfloat16;
  struct Pair {
    Floats low, high;
  };
  using Factor = Pair;
  using Row = Pair;
  static constexpr bool has_instructions = false;
  static constexpr int per_step = 2;
  CEBM_INLINE static Pair split(Words pairs) {
    return {reinterpret_cast<Floats>(pairs << 16), reinterpret_cast<Floats>(pairs & 0xffff0000U)};
  }
  CEBM_INLINE static Factor weights(const Bfloat16* p) { return split(*reinterpret_cast<const AnyWords*>(p)); }
  CEBM_INLINE static Row row(const Bfloat16* p) { return split(*reinterpret_cast<const AnyWord*>(p) + Words{}); }
  CEBM_INLINE static void add(Floats& sum, Row row, Factor weights) {
    sum += row.low * weights.low;
    sum += row.high * weights.high;
  }
};
#endif

template <class Type, int rows, int vectors>
CEBM_INLINE void multiply(const MatrixPass& pass, const typename Type::Element* weights,
                          const typename Type::Element* const* row, float* sums) {
  Floats sum[rows][vectors] = {};
  for (std::int64_t s = 0; s < pass.segments; ++s) {
    const typename Type::Element* from[rows];
    for (int i = 0; i < rows; ++i) from[i] = row[i] + s * pass.segment_stride;
    for (std::int64_t k = 0; k < pass.segment_length; k += Type::per_step) {
      typename Type::Factor factor[vectors];
      for (int j = 0; j < vectors; ++j) factor[j] = Type::weights(weights + j * width * Type::per_step);
      weights += vectors * width * Type::per_step;
#pragma GCC unroll 16
      for (int i = 0; i < rows; ++i) {
        const typename Type::Row value = Type::row(from[i] + k);
#pragma GCC unroll 4
        for (int j = 0; j < vectors; ++j) Type::add(sum[i][j], value, factor[j]);
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < vectors; ++j) store(sums + (i * vectors + j) * width, sum[i][j]);
  }
}

/// As multiply(), but adds up sums of parts of a row, which rounds less than one long sum.
template <class Type, int rows, int vectors>
[[gnu::noinline]] void multiply_by_parts(const MatrixPass& pass, const typename Type::Element* weights,
                                         const typename Type::Element* const* row, float* sums) {
  for (int i = 0; i < rows * vectors; ++i) store(sums + i * width, Floats{});
  MatrixPass part = pass;
  part.segments = 1;
  for (std::int64_t s = 0; s < pass.segments; ++s) {
    for (std::int64_t begin = 0; begin < pass.segment_length; begin += pass.part) {
      const std::int64_t left = pass.segment_length - begin;
      part.segment_length = left < pass.part ? left : pass.part;
      const typename Type::Element* from[rows];
      for (int i = 0; i < rows; ++i) from[i] = row[i] + s * pass.segment_stride + begin;
      alignas(CEBM_VECTOR_BYTES) float partial[rows * vectors * width];
      multiply<Type, rows, vectors>(part, weights, from, partial);
      weights += part.segment_length * vectors * width;
      for (int i = 0; i < rows * vectors; ++i)
        store(sums + i * width, load(sums + i * width) + load(partial + i * width));
    }
  }
}

/// Walks through the rows of all images.
struct Cursor {
  std::int64_t image = 0;
  std::int64_t row = 0;
  CEBM_INLINE void advance(std::int64_t by, std::int64_t rows) {
    for (row += by; row >= rows; row -= rows) ++image;
  }
};

template <class Type, class Out>
struct Task {
  const MatrixPass& pass;
  const typename Type::Element* weights;  ///< of the block of columns
  const typename Type::Element* in;
  Out* out;
  Out* companion;
  std::int64_t column;  ///< the block's first
};

template <class Type, class Out, int rows, int vectors>
[[gnu::noinline]] void multiply_rows(const Task<Type, Out>& task, Cursor at) {
  const MatrixPass& pass = task.pass;
  const typename Type::Element* row[rows];
  std::int64_t to[rows];
  for (int i = 0; i < rows; ++i, at.advance(1, pass.rows)) {
    row[i] = task.in + at.image * pass.in_stride + pass.in_offset[at.row];
    to[i] = at.image * pass.out_stride + pass.out_offset[at.row] + task.column;
  }
  alignas(CEBM_VECTOR_BYTES) float sums[rows * vectors * width];
  if (pass.part == 0) {
    multiply<Type, rows, vectors>(pass, task.weights, row, sums);
  } else {
    multiply_by_parts<Type, rows, vectors>(pass, task.weights, row, sums);
  }
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < vectors; ++j) {
      Floats v = load(sums + (i * vectors + j) * width);
      if (pass.bias != nullptr) v += load(pass.bias + task.column + j * width);
      finish(pass.epilogue, pass.slope, v, task.out, task.companion, to[i] + j * width);
    }
  }
}

template <class Type, class Out, int vectors, int rows = CEBM_ROWS>
CEBM_INLINE void multiply_rows(const Task<Type, Out>& task, Cursor at, std::int64_t count) {
  if (count == rows) return multiply_rows<Type, Out, rows, vectors>(task, at);
  if constexpr (rows > 1) multiply_rows<Type, Out, vectors, rows - 1>(task, at, count);
}

/// Uses tiles of at most CEBM_ROWS rows whose sizes differ by one row at most, so that none is nearly empty.
template <class Type, class Out, int vectors>
void multiply_columns(const Task<Type, Out>& task, std::int64_t images) {
  const std::int64_t total = images * task.pass.rows;
  std::int64_t tiles = (total + CEBM_ROWS - 1) / CEBM_ROWS;
  Cursor at;
  for (std::int64_t left = total; left > 0; --tiles) {
    const std::int64_t count = (left + tiles - 1) / tiles;
    multiply_rows<Type, Out, vectors>(task, at, count);
    at.advance(count, task.pass.rows);
    left -= count;
  }
}

template <class Type, class Out>
void run(const MatrixPass& pass, const typename Type::Element* weights, const typename Type::Element* in, Out* out,
         Out* companion, std::int64_t images) {
  const std::int64_t depth = pass.segments * pass.segment_length;
  for (std::int64_t column = 0; column < pass.columns; column += block_columns) {
    const Task<Type, Out> task{pass, weights + column * depth, in, out, companion, column};
    if (pass.columns - column >= block_columns) {
      multiply_columns<Type, Out, block_vectors>(task, images);
    } else {
      multiply_columns<Type, Out, 1>(task, images);
    }
  }
}

/// Adds to `weights` the sum, over the rows of all images, of the outer products of `rows` neighbouring numbers, from
/// `in` on, with a block of the gradient's columns.
template <int rows, int vectors>
[[gnu::noinline]] void add_outer(const MatrixPass& pass, const float* in, const float* gradient, std::int64_t images,
                                 float* weights) {
  Floats sum[rows][vectors] = {};
  for (std::int64_t image = 0; image < images; ++image) {
    for (std::int64_t r = 0; r < pass.rows; ++r) {
      const float* const row = in + image * pass.in_stride + pass.in_offset[r];
      const float* const column = gradient + image * pass.out_stride + pass.out_offset[r];
      Floats factor[vectors];
      for (int j = 0; j < vectors; ++j) factor[j] = load(column + j * width);
#pragma GCC unroll 16
      for (int i = 0; i < rows; ++i) {
        const Floats value = splat(row[i]);
#pragma GCC unroll 4
        for (int j = 0; j < vectors; ++j) sum[i][j] += value * factor[j];
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < vectors; ++j) {
      float* const to = weights + i * pass.columns + j * width;
      store(to, load(to) + sum[i][j]);
    }
  }
}

template <int vectors, int rows = CEBM_ROWS>
CEBM_INLINE void add_outer(const MatrixPass& pass, const float* in, const float* gradient, std::int64_t images,
                           float* weights, std::int64_t count) {
  if (count == rows) return add_outer<rows, vectors>(pass, in, gradient, images, weights);
  if constexpr (rows > 1) add_outer<vectors, rows - 1>(pass, in, gradient, images, weights, count);
}

template <int vectors>
void outer_columns(const MatrixPass& pass, const float* in, const float* gradient, std::int64_t images,
                   float* weights) {
  for (std::int64_t s = 0; s < pass.segments; ++s) {
    const float* from = in + s * pass.segment_stride;
    std::int64_t tiles = (pass.segment_length + CEBM_ROWS - 1) / CEBM_ROWS;
    for (std::int64_t left = pass.segment_length; left > 0; --tiles) {
      const std::int64_t count = (left + tiles - 1) / tiles;
      add_outer<vectors>(pass, from, gradient, images, weights, count);
      from += count;
      weights += count * pass.columns;
      left -= count;
    }
  }
}

void add_columns(const MatrixPass& pass, const float* gradient, std::int64_t images, float* sums) {
  for (std::int64_t column = 0; column < pass.columns; column += width) {
    Floats sum{};
    for (std::int64_t image = 0; image < images; ++image) {
      const float* const from = gradient + image * pass.out_stride + column;
      for (std::int64_t r = 0; r < pass.rows; ++r) sum += load(from + pass.out_offset[r]);
    }
    store(sums + column, load(sums + column) + sum);
  }
}

void outer(const MatrixPass& pass, const float* in, const float* gradient, float* weights, float* bias,
           std::int64_t images) {
  for (std::int64_t column = 0; column < pass.columns; column += block_columns) {
    if (pass.columns - column >= block_columns) {
      outer_columns<block_vectors>(pass, in, gradient + column, images, weights + column);
    } else {
      outer_columns<1>(pass, in, gradient + column, images, weights + column);
    }
  }
  if (bias != nullptr) add_columns(pass, gradient, images, bias);
}

}  // namespace

}  // namespace cebm::kernels::cpu
