// The arithmetic that the CPU and CUDA kernels share: random bits, uniform and normal numbers, the Langevin update.
//
// Branch-free, in 32-bit integers and floats, with plain multiplications and additions: compiled without contraction
// to fused multiply-adds, every IEEE machine rounds alike, and g++ vectorises loops over these functions.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/cuda/philox.h"
#include "kernels/kernels.h"

namespace cebm::kernels {

CEBM_HOST_DEVICE inline std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

CEBM_HOST_DEVICE inline float float_of(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Counter and update of a Langevin step: the launch's own, or those of step counter.step of a series in device memory.
struct PlacedStep {
  Counter counter;
  LangevinStep update;
};

CEBM_HOST_DEVICE inline PlacedStep placed_in(const StepSeries* series, Counter counter, LangevinStep update) {
  if (series == nullptr) return {counter, update};
  const StepNumbers numbers = series->sizes[counter.step];
  update.half_step = numbers.half_step;
  update.noise = numbers.noise;
  update.clip = numbers.clip;
  counter.seed = series->seed;
  counter.step += series->first_step;
  return {counter, update};
}

/// Philox's counter and key for a row, without the quad's index.
struct RowKey {
  std::uint32_t seed_low, seed_high, step_low, chain, stream_and_step_high;
};

CEBM_HOST_DEVICE inline RowKey row_key(const Counter& counter, std::int64_t row) {
  return {static_cast<std::uint32_t>(counter.seed), static_cast<std::uint32_t>(counter.seed >> 32),
          static_cast<std::uint32_t>(counter.step), static_cast<std::uint32_t>(counter.chains[row]),
          counter.stream << 24 | static_cast<std::uint32_t>(counter.step >> 32)};
}

/// Random bits of the elements 4 quad .. 4 quad + 3 of a row.
CEBM_HOST_DEVICE inline philox4x32_ctr_t random_quad(const RowKey& key, std::uint32_t quad) {
  return philox4x32_R(10, {{quad, key.step_low, key.chain, key.stream_and_step_high}}, {{key.seed_low, key.seed_high}});
}

/// U[low, high) with 24 random bits.
CEBM_HOST_DEVICE inline float uniform_of(std::uint32_t bits, float low, float high) {
  const float unit = static_cast<float>(static_cast<std::int32_t>(bits >> 8)) * 0x1p-24F;
  const float value = low + (high - low) * unit;
  return value < high ? value : low;  // rounding may reach `high`
}

/// log u for u in (0, 1]; relative error below 1e-7.
/// u = 2^e m with m in [sqrt(1/2), sqrt(2)); minimax polynomial for (log(1 + f) - f + f^2 / 2) / f^3, f = m - 1.
CEBM_HOST_DEVICE inline float natural_log(float u) {
  const auto bits = static_cast<std::int32_t>(bits_of(u));
  const std::int32_t exponent = (bits - 0x3f3504f3) >> 23;
  const float f = float_of(static_cast<std::uint32_t>(bits - exponent * (1 << 23))) - 1.0F;
  const auto e = static_cast<float>(exponent);
  float p = -0.07634499669075012F;
  p = p * f + 0.1276157796382904F;
  p = p * f - 0.13160182535648346F;
  p = p * f + 0.14201757311820984F;
  p = p * f - 0.16623356938362122F;
  p = p * f + 0.20001226663589478F;
  p = p * f - 0.2500081956386566F;
  p = p * f + 0.3333333134651184F;
  const float square = f * f;
  // log 2 in two parts: the product of e and the first is exact.
  return e * 0.693359375F + (f + (square * f * p - 0.5F * square + e * -2.12194440e-4F));
}

struct Pair {
  float first, second;
};

/// (cos, sin) of the angle 2 pi turn / 2^32; absolute error below 1.5e-7.
/// The quadrant is split off in integers; minimax polynomials on [-pi/4, pi/4].
CEBM_HOST_DEVICE inline Pair unit_circle(std::uint32_t turn) {
  const std::uint32_t quadrant = (turn + 0x20000000U) >> 30;
  const auto rest = static_cast<std::int32_t>(turn - (quadrant << 30));
  const float angle = static_cast<float>(rest) * 1.46291807926715968e-9F;
  const float z = angle * angle;
  const float sine =
      angle + angle * z * (-0.16666655242443085F + z * (0.008332177996635437F + z * -0.0001951729936990887F));
  const float cosine =
      1.0F - 0.5F * z + z * z * (0.04166664555668831F + z * (-0.001388736767694354F + z * 2.4438451873720624e-05F));
  const std::uint32_t swap = 0U - (quadrant & 1U);
  const std::uint32_t s = bits_of(sine);
  const std::uint32_t c = bits_of(cosine);
  const std::uint32_t cosine_sign = ((quadrant + 1U) & 2U) << 30;
  const std::uint32_t sine_sign = (quadrant & 2U) << 30;
  return {float_of(((c & ~swap) | (s & swap)) ^ cosine_sign), float_of(((s & ~swap) | (c & swap)) ^ sine_sign)};
}

/// Two N(0, 1) numbers out of 64 random bits (Box and Muller 1958). Within 1.2e-6 of exact arithmetic; |value| < 5.77.
CEBM_HOST_DEVICE inline Pair normals_of(std::uint32_t radius_bits, std::uint32_t turn) {
  const float u = static_cast<float>(static_cast<std::int32_t>((radius_bits >> 8) + 1U)) * 0x1p-24F;  // (0, 1]
  const float radius = std::sqrt(-2.0F * natural_log(u));
  const Pair point = unit_circle(turn);
  return {radius * point.first, radius * point.second};
}

CEBM_HOST_DEVICE inline float clamp_to(float value, float bound) {
  return value < -bound ? -bound : value > bound ? bound : value;  // lets NaN through
}

/// min(1, bound / norm) of a vector whose squared entries sum to `squares`; 1 if that sum is NaN.
CEBM_HOST_DEVICE inline float clip_factor(double squares, double bound) {
  const double factor = bound / std::sqrt(squares);
  return factor < 1.0 ? static_cast<float>(factor) : 1.0F;
}

/// Folds the line onto [-1, 1] as mirrors at both ends would, exactly below 2^22; points inside stay where they are.
CEBM_HOST_DEVICE inline float reflect(float x) {
  const float fold = std::floor((x + 1.0F) * 0.5F);
  const float inside = x - 2.0F * fold;
  const bool mirrored = fold - 2.0F * std::floor(fold * 0.5F) != 0.0F;
  return clamp_to(mirrored ? -inside : inside, 1.0F);  // the sum above may round across an end
}

/// For Boundary::reject: whether the pixel makes its whole image reject the step. False for NaN.
CEBM_HOST_DEVICE inline bool is_outside(float x) { return x < -1.0F || x > 1.0F; }

/// The update with its noise multiplied by the row's factor.
CEBM_HOST_DEVICE inline LangevinStep step_of_row(LangevinStep update, RowFactors factors, std::int64_t row) {
  if (factors.noise != nullptr) update.noise *= factors.noise[row];
  return update;
}

template <Boundary boundary>
CEBM_HOST_DEVICE inline float keep_inside(float x) {
  if constexpr (boundary == Boundary::clamp) return clamp_to(x, 1.0F);
  if constexpr (boundary == Boundary::reflect) return reflect(x);
  return x;
}

/// One element of the update that struct LangevinStep describes.
template <Boundary boundary>
CEBM_HOST_DEVICE inline float langevin_step(float x, float gradient, float row_scale, float noise,
                                            const LangevinStep& update) {
  const float drift = update.half_step * (clamp_to(gradient, update.clip) * row_scale);
  return keep_inside<boundary>(x - drift + update.noise * noise);
}

}  // namespace cebm::kernels
