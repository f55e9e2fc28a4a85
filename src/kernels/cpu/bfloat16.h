// Numbers that are float32's upper 16 bits.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/cpu/conv_kernels.h"

namespace cebm::kernels::cpu {

/// Rounds to nearest, ties to even; NaN stays NaN.
inline Brain16 to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<Brain16>(bits >> 16 | 0x40U);
  return static_cast<Brain16>((bits + 0x7fffU + (bits >> 16 & 1U)) >> 16);
}

inline void assign(float& to, float value) { to = value; }
inline void assign(Brain16& to, float value) { to = to_bfloat16(value); }

}  // namespace cebm::kernels::cpu
