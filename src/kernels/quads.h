// Loads and stores of four neighbouring numbers of a row, float32 or bfloat16, for device kernels and for tests of
// their bodies on the CPU.
#pragma once

#include "kernels/rounding.h"

namespace cebm::kernels {

/// Aligned to its size: one access of 16 or 8 bytes.
template <class Number>
struct alignas(4 * sizeof(Number)) Quad {
  Number a, b, c, d;
};

/// Quad number `quad` of the row at `row`; beyond the end of an unaligned row it is padded with zeros.
template <bool aligned, class Number>
CEBM_HOST_DEVICE inline Quad<float> load_quad(const Number* row, std::uint32_t quad, std::int64_t length) {
  if constexpr (aligned) {
    const Quad<Number> found = reinterpret_cast<const Quad<Number>*>(row)[quad];
    return {widened(found.a), widened(found.b), widened(found.c), widened(found.d)};
  } else {
    const std::int64_t i = static_cast<std::int64_t>(quad) * 4;
    return {widened(row[i]), i + 1 < length ? widened(row[i + 1]) : 0.0F, i + 2 < length ? widened(row[i + 2]) : 0.0F,
            i + 3 < length ? widened(row[i + 3]) : 0.0F};
  }
}

template <bool aligned, class Number>
CEBM_HOST_DEVICE inline void store_quad(Number* row, std::uint32_t quad, std::int64_t length,
                                        const Quad<float>& values) {
  if constexpr (aligned) {
    Quad<Number> rounded;
    assign(rounded.a, values.a);
    assign(rounded.b, values.b);
    assign(rounded.c, values.c);
    assign(rounded.d, values.d);
    reinterpret_cast<Quad<Number>*>(row)[quad] = rounded;
  } else {
    const std::int64_t i = static_cast<std::int64_t>(quad) * 4;
    assign(row[i], values.a);
    if (i + 1 < length) assign(row[i + 1], values.b);
    if (i + 2 < length) assign(row[i + 2], values.c);
    if (i + 3 < length) assign(row[i + 3], values.d);
  }
}

}  // namespace cebm::kernels
