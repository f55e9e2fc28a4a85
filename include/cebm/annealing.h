/// Schedules over the gradient steps of a training.
#pragma once

#include <cebm/options.h>

#include <cstdint>
#include <vector>

namespace cebm {

/// A factor over gradient steps, with p = (step - begin) / (end - begin) within [0, 1]:
///   constant: 1
///   linear:   1 + (final - 1) p
///   cosine:   final + (1 - final) (1 + cos(pi p)) / 2       (Loshchilov and Hutter 2017, one cycle)
///   steps:    by^n, n the number of entries of `at` that are at most `step`
enum class AnnealingKind { constant, linear, cosine, steps };

struct AnnealingOptions final : Options {
  AnnealingKind kind = AnnealingKind::constant;
  double final = 0.1;
  std::int64_t end = 0;  ///< first gradient step at which it is `final`; 0: the training's last
  std::vector<std::int64_t> at;
  double by = 0.1;
  void fields(Fields& visit) override;
  /// The factor at gradient step `step` (from 0) of a training of `steps`. linear and cosine are 1 up to `begin`, and
  /// always 1 if `end` and `steps` are both 0 (unknown); steps depends on none of the three.
  double factor(std::uint64_t step, std::uint64_t steps, std::uint64_t begin = 0) const;
  /// The largest value of factor().
  double largest() const;
};

}  // namespace cebm
