// The transforms of WinogradPass, for every channel of a vector at once. Part of conv_loops.h.
#pragma once

#include "kernels/cpu/loops/vectors.h"

namespace cebm::kernels::cpu {

namespace {

/// Vectors that lie `step` apart.
struct Line {
  Floats* first;
  int step;
  CEBM_INLINE Floats& operator[](int i) const { return first[i * step]; }
};

/// m + 1 neighbouring inputs -> their values at the points 0, 1, infinity and, for m = 3, -1.
template <int m>
CEBM_INLINE void analyse(Line d) {
  if constexpr (m == 3) {
    const Floats zero = d[0] - d[2], one = d[1] + d[2], infinity = d[3] - d[1], minus_one = d[2] - d[1];
    d[0] = zero, d[1] = one, d[2] = infinity, d[3] = minus_one;
  } else {
    const Floats zero = d[0] - d[1], one = d[1] + d[1], infinity = d[2] - d[1];
    d[0] = zero, d[1] = one, d[2] = infinity;
  }
}

/// Products at the points -> m neighbouring outputs.
template <int m>
CEBM_INLINE void synthesise(Line p) {
  if constexpr (m == 3) {
    const Floats sum = p[1] + p[3], difference = p[1] - p[3];
    const Floats first = p[0] + sum, last = sum + p[2];
    p[0] = first, p[1] = difference, p[2] = last;
  } else {
    const Floats first = p[0] + p[1], last = p[1] + p[2];
    p[0] = first, p[1] = last;
  }
}

/// The transpose of synthesise(): gradients with respect to the outputs -> with respect to the products.
template <int m>
CEBM_INLINE void spread(Line g) {
  if constexpr (m == 3) {
    const Floats ends = g[0] + g[2], middle = g[1], infinity = g[2];
    g[1] = ends + middle, g[2] = infinity, g[3] = ends - middle;
  } else {
    const Floats one = g[0] + g[1], infinity = g[1];
    g[1] = one, g[2] = infinity;
  }
}

constexpr int most_points = 4;  ///< in a direction

/// For each point, where a tile's row in the point's matrix begins.
struct Places {
  std::int64_t at[winograd_points];
  CEBM_INLINE Places(const WinogradPass& pass, const WinogradTile& tile, std::int64_t image, std::int64_t images,
                     std::int64_t length) {
    for (int p = 0; p < winograd_points; ++p) {
      at[p] = (pass.first_row[p] * images + image * pass.rows[p] + tile.row[p]) * length;
    }
  }
};

template <int tall, int wide>
struct Tile {
  Floats v[most_points * most_points];
  CEBM_INLINE Line column(int x) { return {v + x, most_points}; }
  CEBM_INLINE Line row(int y) { return {v + y * most_points, 1}; }
};

template <int tall, int wide>
[[gnu::noinline]] void tile_in(const WinogradPass& pass, const float* in, float* to, const Places& place) {
  for (std::int64_t phase = 0; phase < pass.phases; ++phase) {
    for (std::int64_t c = 0; c < pass.channels; c += width) {
      const float* const from = in + pass.phase[phase] + c;
      Tile<tall, wide> d;
#pragma GCC unroll 4
      for (int y = 0; y <= tall; ++y) {
#pragma GCC unroll 4
        for (int x = 0; x <= wide; ++x) d.row(y)[x] = load(from + y * pass.in_row + x * pass.in_column);
      }
#pragma GCC unroll 4
      for (int x = 0; x <= wide; ++x) analyse<tall>(d.column(x));
#pragma GCC unroll 4
      for (int y = 0; y <= tall; ++y) {
        analyse<wide>(d.row(y));
#pragma GCC unroll 4
        for (int x = 0; x <= wide; ++x) {
          store(to + place.at[y * most_points + x] + phase * pass.channels + c, d.row(y)[x]);
        }
      }
    }
  }
}

template <int tall, int wide>
[[gnu::noinline]] void tile_out(const WinogradPass& pass, const float* from, float* out, float* companion,
                                std::int64_t begin, const Places& place) {
  for (std::int64_t c = 0; c < pass.columns; c += width) {
    Tile<tall, wide> p;
#pragma GCC unroll 4
    for (int y = 0; y <= tall; ++y) {
#pragma GCC unroll 4
      for (int x = 0; x <= wide; ++x) p.row(y)[x] = load(from + place.at[y * most_points + x] + c);
    }
#pragma GCC unroll 4
    for (int x = 0; x <= wide; ++x) synthesise<tall>(p.column(x));
    const Floats bias = pass.bias == nullptr ? Floats{} : load(pass.bias + c);
#pragma GCC unroll 4
    for (int y = 0; y < tall; ++y) {
      synthesise<wide>(p.row(y));
#pragma GCC unroll 4
      for (int x = 0; x < wide; ++x) {
        finish(pass.epilogue, pass.slope, p.row(y)[x] + bias, out, companion,
               begin + y * pass.out_row + x * pass.out_column + c);
      }
    }
  }
}

template <int tall, int wide>
[[gnu::noinline]] void tile_gradient(const WinogradPass& pass, const float* gradient, float* to, std::int64_t begin,
                                     const Places& place) {
  for (std::int64_t c = 0; c < pass.columns; c += width) {
    Tile<tall, wide> g;
#pragma GCC unroll 4
    for (int y = 0; y < tall; ++y) {
#pragma GCC unroll 4
      for (int x = 0; x < wide; ++x) {
        g.row(y)[x] = load(gradient + begin + y * pass.out_row + x * pass.out_column + c);
      }
    }
#pragma GCC unroll 4
    for (int x = 0; x < wide; ++x) spread<tall>(g.column(x));
#pragma GCC unroll 4
    for (int y = 0; y <= tall; ++y) {
      spread<wide>(g.row(y));
#pragma GCC unroll 4
      for (int x = 0; x <= wide; ++x) store(to + place.at[y * most_points + x] + c, g.row(y)[x]);
    }
  }
}

/// Calls call<height, width>(image, tile, place) for every tile of all images; the matrices' rows have `length`
/// numbers.
template <class Call>
CEBM_INLINE void for_tiles(const WinogradPass& pass, std::int64_t images, std::int64_t length, const Call& call) {
  for (std::int64_t image = 0; image < images; ++image) {
    for (std::int64_t t = 0; t < pass.tiles; ++t) {
      const WinogradTile& tile = pass.tile[t];
      const Places place(pass, tile, image, images, length);
      const bool tall = tile.height == 3;
      const bool wide = tile.width == 3;
      if (tall && wide) {
        call.template operator()<3, 3>(image, tile, place);
      } else if (tall) {
        call.template operator()<3, 2>(image, tile, place);
      } else if (wide) {
        call.template operator()<2, 3>(image, tile, place);
      } else {
        call.template operator()<2, 2>(image, tile, place);
      }
    }
  }
}

void winograd_in(const WinogradPass& pass, const float* in, float* transformed, std::int64_t images) {
  for_tiles(pass, images, pass.phases * pass.channels,
            [&]<int h, int w>(std::int64_t image, const WinogradTile& tile, const Places& place) {
              tile_in<h, w>(pass, in + image * pass.in_stride + tile.in_offset, transformed, place);
            });
}

void winograd_out(const WinogradPass& pass, const float* products, float* out, float* companion, std::int64_t images) {
  for_tiles(pass, images, pass.columns,
            [&]<int h, int w>(std::int64_t image, const WinogradTile& tile, const Places& place) {
              tile_out<h, w>(pass, products, out, companion, image * pass.out_stride + tile.out_offset, place);
            });
}

void winograd_gradient(const WinogradPass& pass, const float* gradient, float* transformed, std::int64_t images) {
  for_tiles(pass, images, pass.columns,
            [&]<int h, int w>(std::int64_t image, const WinogradTile& tile, const Places& place) {
              tile_gradient<h, w>(pass, gradient, transformed, image * pass.out_stride + tile.out_offset, place);
            });
}

}  // namespace

}  // namespace cebm::kernels::cpu
