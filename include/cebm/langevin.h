/// One Langevin step, x <- boundary(x - half_step * clip(dE/dx) + noise * eps), eps ~ N(0, 1), and a series of them.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

namespace cebm {

/// Treatment of a pixel that leaves [-1, 1]. reject: its whole image stays as it was before the step.
enum class Boundary : std::uint32_t { none, clamp, reflect, reject };

struct LangevinStep {
  float half_step = 0.0F;                               ///< alpha / 2
  float noise = 0.0F;                                   ///< standard deviation
  float clip = std::numeric_limits<float>::infinity();  ///< clamps each entry of dE/dx to [-clip, clip]
  Boundary boundary = Boundary::none;

  bool operator==(const LangevinStep&) const = default;
};

/// The steps of all chains of a call, and the key of their noise.
struct LangevinSteps {
  std::span<const LangevinStep> sizes;
  /// Bound on the L2 norm of each image's gradient.
  double norm_bound = std::numeric_limits<double>::infinity();
  /// Noise factor of each chain, in the memory of the chains' device; null: 1 for all.
  const float* noise_factors = nullptr;
  std::uint64_t seed = 0;
  std::uint64_t first_step = 0;  ///< number of the first step in Stream::langevin
};

}  // namespace cebm
