// Vectors of an instruction set's width, and the epilogue of a sum before it is stored. Part of conv_loops.h.
#pragma once

#ifdef CEBM_NATIVE_BF16
#include <immintrin.h>
#endif

#include "kernels/cpu/conv_kernels.h"

namespace cebm::kernels::cpu {

namespace {

constexpr int width = CEBM_VECTOR_BYTES / 4;
constexpr int block_vectors = 2;
constexpr int block_columns = block_vectors * width;

using Floats = float __attribute__((vector_size(CEBM_VECTOR_BYTES)));
using Words = std::uint32_t __attribute__((vector_size(CEBM_VECTOR_BYTES)));
using Integers = std::int32_t __attribute__((vector_size(CEBM_VECTOR_BYTES)));
using Halves = std::uint16_t __attribute__((vector_size(CEBM_VECTOR_BYTES / 2)));

// Unaligned, and may alias anything.
using AnyFloats = float __attribute__((vector_size(CEBM_VECTOR_BYTES), aligned(4), may_alias));
using AnyWords = std::uint32_t __attribute__((vector_size(CEBM_VECTOR_BYTES), aligned(2), may_alias));
using AnyHalves = std::uint16_t __attribute__((vector_size(CEBM_VECTOR_BYTES / 2), aligned(2), may_alias));
using AnyWord = std::uint32_t __attribute__((aligned(2), may_alias));

#define CEBM_INLINE [[gnu::always_inline]] inline

CEBM_INLINE Floats splat(float value) { return value - Floats{}; }

CEBM_INLINE Floats load(const float* p) { return *reinterpret_cast<const AnyFloats*>(p); }
CEBM_INLINE Floats load(const Bfloat16* p) {
  return reinterpret_cast<Floats>(__builtin_convertvector(*reinterpret_cast<const AnyHalves*>(p), Words) << 16);
}
CEBM_INLINE void store(float* p, Floats v) { *reinterpret_cast<AnyFloats*>(p) = v; }
CEBM_INLINE void store(Bfloat16* p, Floats v) {
#ifdef CEBM_NATIVE_BF16
  *reinterpret_cast<AnyHalves*>(p) = reinterpret_cast<Halves>(_mm512_cvtneps_pbh(reinterpret_cast<__m512>(v)));
#else
  const Words bits = reinterpret_cast<Words>(v);
  const Words rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16;
  const Words nan = (bits >> 16) | 0x40U;
  *reinterpret_cast<AnyHalves*>(p) = __builtin_convertvector(v == v ? rounded : nan, Halves);
#endif
}

/// e^x within 2 units of the last place, for x in [-87, 88]; beyond, the value at the nearer end.
CEBM_INLINE Floats exponential(Floats x) {
  x = x < -87.0F ? splat(-87.0F) : x;
  x = x > 88.0F ? splat(88.0F) : x;
  const Floats shift = splat(12582912.0F);  // 1.5 * 2^23: adding it rounds to an integer
  const Floats n = (x * 1.44269504F + shift) - shift;
  const Floats r = (x - n * 0.693145752F) - n * 1.42860677e-6F;
  Floats p = splat(1.0F / 5040.0F);
  p = p * r + 1.0F / 720.0F;
  p = p * r + 1.0F / 120.0F;
  p = p * r + 1.0F / 24.0F;
  p = p * r + 1.0F / 6.0F;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  const Integers scale = (__builtin_convertvector(n, Integers) + 127) << 23;
  return p * reinterpret_cast<Floats>(scale);
}

template <class Out>
CEBM_INLINE void finish(Epilogue epilogue, float slope, Floats v, Out* out, Out* companion, std::int64_t at) {
  switch (epilogue) {
    case Epilogue::plain:
      return store(out + at, v);
    case Epilogue::leaky_relu:
      return store(out + at, v > 0.0F ? v : v * slope);
    case Epilogue::silu: {
      const Floats sigmoid = 1.0F / (1.0F + exponential(-v));
      store(out + at, v * sigmoid);
      return store(companion + at, sigmoid * (1.0F + v * (1.0F - sigmoid)));
    }
    case Epilogue::leaky_relu_gradient:
      return store(out + at, load(companion + at) > 0.0F ? v : v * slope);
    case Epilogue::stored_gradient:
      return store(out + at, v * load(companion + at));
  }
}

}  // namespace

}  // namespace cebm::kernels::cpu
