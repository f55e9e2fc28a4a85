// Conversions between float32 and the storage formats.
#pragma once

#include "kernels/arithmetic.h"
#include "kernels/bfloat16.h"

namespace cebm::kernels {

CEBM_HOST_DEVICE inline float widened(float value) { return value; }
CEBM_HOST_DEVICE inline float widened(Bfloat16 value) { return float_of(static_cast<std::uint32_t>(value.bits) << 16); }

CEBM_HOST_DEVICE inline void assign(float& to, float value) { to = value; }
/// Rounds to nearest, ties to even; NaN stays NaN.
CEBM_HOST_DEVICE inline void assign(Bfloat16& to, float value) {
  const std::uint32_t bits = bits_of(value);
  const std::uint32_t rounded = value != value ? bits | 0x400000U : bits + 0x7fffU + (bits >> 16 & 1U);
  to.bits = static_cast<std::uint16_t>(rounded >> 16);
}

}  // namespace cebm::kernels
