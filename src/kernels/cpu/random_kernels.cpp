#include <omp.h>

#include <algorithm>
#include <vector>

#include "kernels/arithmetic.h"
#include "kernels/cpu/multiversion.h"

namespace cebm::kernels::cpu {

namespace {

constexpr int block_quads = 64;
constexpr int block_length = 4 * block_quads;  // a block's numbers stay in the first-level cache
constexpr std::int64_t parallel_length = 1 << 14;

/// Always whole blocks: the tail of a row uses the first numbers of its last block.
CEBM_MULTIVERSION void uniform_block(float* out, RowKey key, std::uint32_t first_quad, float low, float high) {
  for (int i = 0; i < block_quads; ++i) {
    const philox4x32_ctr_t bits = random_quad(key, first_quad + static_cast<std::uint32_t>(i));
    out[4 * i] = uniform_of(bits.v[0], low, high);
    out[4 * i + 1] = uniform_of(bits.v[1], low, high);
    out[4 * i + 2] = uniform_of(bits.v[2], low, high);
    out[4 * i + 3] = uniform_of(bits.v[3], low, high);
  }
}

CEBM_MULTIVERSION void normal_block(float* out, RowKey key, std::uint32_t first_quad) {
  for (int i = 0; i < block_quads; ++i) {
    const philox4x32_ctr_t bits = random_quad(key, first_quad + static_cast<std::uint32_t>(i));
    const Pair a = normals_of(bits.v[0], bits.v[1]);
    const Pair b = normals_of(bits.v[2], bits.v[3]);
    out[4 * i] = a.first;
    out[4 * i + 1] = a.second;
    out[4 * i + 2] = b.first;
    out[4 * i + 3] = b.second;
  }
}

template <Boundary boundary>
[[gnu::always_inline]] inline void langevin_loop(float* __restrict x, const float* __restrict gradient,
                                                 const float* __restrict noise, int length, float row_scale,
                                                 const LangevinStep& update) {
  for (int i = 0; i < length; ++i) x[i] = langevin_step<boundary>(x[i], gradient[i], row_scale, noise[i], update);
}

CEBM_MULTIVERSION void langevin_block(float* x, const float* gradient, const float* noise, int length, float row_scale,
                                      LangevinStep update) {
  switch (update.boundary) {
    case Boundary::none:
    case Boundary::reject:  // the caller moves a copy and keeps or discards it
      return langevin_loop<Boundary::none>(x, gradient, noise, length, row_scale, update);
    case Boundary::clamp:
      return langevin_loop<Boundary::clamp>(x, gradient, noise, length, row_scale, update);
    case Boundary::reflect:
      return langevin_loop<Boundary::reflect>(x, gradient, noise, length, row_scale, update);
  }
}

/// Calls body(row, offset of the block in the row, its length, its first quad) for every block, on all threads.
template <class Body>
void for_each_block(Rows rows, const Body& body) {
  const std::int64_t blocks = (rows.length + block_length - 1) / block_length;
  const std::int64_t total = rows.count * blocks;
#pragma omp parallel for schedule(static) if (rows.count * rows.length >= parallel_length)
  for (std::int64_t i = 0; i < total; ++i) {
    const std::int64_t row = i / blocks;
    const std::int64_t offset = (i % blocks) * block_length;
    const int length = static_cast<int>(std::min<std::int64_t>(block_length, rows.length - offset));
    body(row, offset, length, static_cast<std::uint32_t>(offset / 4));
  }
}

}  // namespace

void fill_uniform(float* out, Rows rows, const Counter& counter, float low, float high) {
  for_each_block(rows, [&](std::int64_t row, std::int64_t offset, int length, std::uint32_t quad) {
    float block[block_length];
    uniform_block(block, row_key(counter, row), quad, low, high);
    std::copy_n(block, length, out + row * rows.length + offset);
  });
}

void fill_normal(float* out, Rows rows, const Counter& counter) {
  for_each_block(rows, [&](std::int64_t row, std::int64_t offset, int length, std::uint32_t quad) {
    float block[block_length];
    normal_block(block, row_key(counter, row), quad);
    std::copy_n(block, length, out + row * rows.length + offset);
  });
}

namespace {

/// A block of a row: makes its noise and moves it.
void update_block(float* x, const float* gradient, RowFactors factors, std::int64_t row, const Counter& counter,
                  std::uint32_t quad, int length, const LangevinStep& update) {
  float noise[block_length];
  normal_block(noise, row_key(counter, row), quad);
  const float scale = factors.gradient == nullptr ? 1.0F : factors.gradient[row];
  langevin_block(x, gradient, noise, length, scale, step_of_row(update, factors, row));
}

/// Boundary::reject: rows with a pixel outside stay where they were.
void update_or_stay(float* x, const float* gradient, RowFactors factors, Rows rows, const Counter& counter,
                    const LangevinStep& update) {
  // A row for each thread, allocated here: an exception must not leave the loop.
  std::vector<float> of_threads(static_cast<std::size_t>(omp_get_max_threads() * rows.length));
#pragma omp parallel for schedule(static) if (rows.count * rows.length >= parallel_length)
  for (std::int64_t row = 0; row < rows.count; ++row) {
    float* const place = x + row * rows.length;
    float* const moved = of_threads.data() + omp_get_thread_num() * rows.length;
    std::copy_n(place, rows.length, moved);
    for (std::int64_t offset = 0; offset < rows.length; offset += block_length) {
      const int length = static_cast<int>(std::min<std::int64_t>(block_length, rows.length - offset));
      update_block(moved + offset, gradient + row * rows.length + offset, factors, row, counter,
                   static_cast<std::uint32_t>(offset / 4), length, update);
    }
    if (std::none_of(moved, moved + rows.length, is_outside)) std::copy_n(moved, rows.length, place);
  }
}

}  // namespace

void langevin_update(float* x, const float* gradient, RowFactors factors, Rows rows, const Counter& counter,
                     const LangevinStep& update) {
  if (update.boundary == Boundary::reject) return update_or_stay(x, gradient, factors, rows, counter, update);
  for_each_block(rows, [&](std::int64_t row, std::int64_t offset, int length, std::uint32_t quad) {
    const std::int64_t begin = row * rows.length + offset;
    update_block(x + begin, gradient + begin, factors, row, counter, quad, length, update);
  });
}

}  // namespace cebm::kernels::cpu
