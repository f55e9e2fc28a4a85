// The per-thread body of the activation kernels and the dispatch to their instances, shared by the device's launchers
// and the CPU's tests.
#pragma once

#include <type_traits>

#include "kernels/activation.h"
#include "kernels/quads.h"

namespace cebm::kernels {

struct Curved {
  float value, slope;
};

/// (f(v), f'(v)).
template <Nonlinearity curve>
CEBM_HOST_DEVICE inline Curved curved(float v, float leak) {
  if constexpr (curve == Nonlinearity::silu) {
    const float sigmoid = 1.0F / (1.0F + std::exp(-v));
    return {v * sigmoid, sigmoid * (1.0F + v * (1.0F - sigmoid))};
  } else {
    static_assert(curve == Nonlinearity::leaky_relu);
    return {v > 0.0F ? v : leak * v, v > 0.0F ? 1.0F : leak};
  }
}

template <Nonlinearity curve, class Sum, class Value, bool aligned>
struct ActivateBody {
  std::int64_t channels;
  float leak;
  Sum* sums;
  const float* bias;
  Value* values;

  CEBM_HOST_DEVICE void operator()(std::int64_t position, std::uint32_t quad) const {
    Sum* const row = sums + position * channels;
    const Quad<float> s = load_quad<aligned>(row, quad, channels);
    const Quad<float> b = load_quad<aligned>(bias, quad, channels);
    const Curved v0 = curved<curve>(s.a + b.a, leak);
    const Curved v1 = curved<curve>(s.b + b.b, leak);
    const Curved v2 = curved<curve>(s.c + b.c, leak);
    const Curved v3 = curved<curve>(s.d + b.d, leak);
    if constexpr (curve == Nonlinearity::silu) {
      store_quad<aligned>(row, quad, channels, {v0.slope, v1.slope, v2.slope, v3.slope});
    }
    store_quad<aligned>(values + position * channels, quad, channels, {v0.value, v1.value, v2.value, v3.value});
  }
};

/// f' from what the forward pass kept.
template <Nonlinearity curve>
CEBM_HOST_DEVICE inline float kept_slope(float kept, float leak) {
  if constexpr (curve == Nonlinearity::silu) return kept;
  return kept > 0.0F ? 1.0F : leak;
}

template <Nonlinearity curve, class Sum, class Value, bool aligned>
struct PullBackBody {
  using Kept = std::conditional_t<curve == Nonlinearity::silu, Sum, Value>;

  std::int64_t channels;
  float leak;
  const Value* gradient;
  const Kept* kept;
  Sum* result;

  CEBM_HOST_DEVICE void operator()(std::int64_t position, std::uint32_t quad) const {
    const std::int64_t begin = position * channels;
    const Quad<float> g = load_quad<aligned>(gradient + begin, quad, channels);
    const Quad<float> k = load_quad<aligned>(kept + begin, quad, channels);
    store_quad<aligned>(result + begin, quad, channels,
                        {g.a * kept_slope<curve>(k.a, leak), g.b * kept_slope<curve>(k.b, leak),
                         g.c * kept_slope<curve>(k.c, leak), g.d * kept_slope<curve>(k.d, leak)});
  }
};

template <class T>
struct Named {
  using type = T;
};

/// Calls use(curve, sum, value) with a std::integral_constant and two Named types.
template <class Use>
void with_formats(const ActivationPass& pass, const Use& use) {
  const auto with_values = [&](auto curve, auto sum) {
    if (pass.values_format == Precision::float32) return use(curve, sum, Named<float>{});
    return use(curve, sum, Named<Bfloat16>{});
  };
  const auto with_sums = [&](auto curve) {
    if (pass.sums_format == Precision::float32) return with_values(curve, Named<float>{});
    return with_values(curve, Named<Bfloat16>{});
  };
  switch (pass.kind) {
    case Nonlinearity::silu:
      return with_sums(std::integral_constant<Nonlinearity, Nonlinearity::silu>{});
    case Nonlinearity::leaky_relu:
      return with_sums(std::integral_constant<Nonlinearity, Nonlinearity::leaky_relu>{});
  }
}

/// True if a quad takes one access: rows of whole quads in memory aligned to a quad.
template <class... Number>
bool are_aligned(const Rows& rows, const Number*... memory) {
  return rows.length % 4 == 0 && ((reinterpret_cast<std::uintptr_t>(memory) % alignof(Quad<Number>) == 0) && ...);
}

/// run(body, positions) calls body(position, quad) for every quad of every position.
template <class Run>
void run_activate(const ActivationPass& pass, void* sums, const float* bias, void* values, const Run& run) {
  with_formats(pass, [&](auto curve, auto sum, auto value) {
    using Sum = typename decltype(sum)::type;
    using Value = typename decltype(value)::type;
    auto* const s = static_cast<Sum*>(sums);
    auto* const v = static_cast<Value*>(values);
    const std::int64_t channels = pass.positions.length;
    if (are_aligned(pass.positions, s, bias, v)) {
      return run(ActivateBody<curve(), Sum, Value, true>{channels, pass.slope, s, bias, v}, pass.positions);
    }
    return run(ActivateBody<curve(), Sum, Value, false>{channels, pass.slope, s, bias, v}, pass.positions);
  });
}

template <class Run>
void run_pull_back(const ActivationPass& pass, const void* gradient, const void* kept, void* result, const Run& run) {
  with_formats(pass, [&](auto curve, auto sum, auto value) {
    using Sum = typename decltype(sum)::type;
    using Value = typename decltype(value)::type;
    using Kept = typename PullBackBody<curve(), Sum, Value, true>::Kept;
    const auto* const g = static_cast<const Value*>(gradient);
    const auto* const k = static_cast<const Kept*>(kept);
    auto* const r = static_cast<Sum*>(result);
    const std::int64_t channels = pass.positions.length;
    if (are_aligned(pass.positions, g, k, r)) {
      return run(PullBackBody<curve(), Sum, Value, true>{channels, pass.slope, g, k, r}, pass.positions);
    }
    return run(PullBackBody<curve(), Sum, Value, false>{channels, pass.slope, g, k, r}, pass.positions);
  });
}

}  // namespace cebm::kernels
