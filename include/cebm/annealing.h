/// How a quantity changes in the course of a training.
#pragma once

#include <cebm/options.h>

#include <cstdint>
#include <vector>

namespace cebm {

/// A factor over gradient steps, with p = (step - begin) / (end - begin) within [0, 1]:
///   constant: 1
///   linear:   1 + (final - 1) p
///   cosine:   final + (1 - final) (1 + cos(pi p)) / 2       (Loshchilov and Hutter 2017, one cycle)
///   steps:    by^n, n the number of gradient steps in `at` that are not later than this one
enum class AnnealingKind { constant, linear, cosine, steps };

struct AnnealingOptions final : Options {
  AnnealingKind kind = AnnealingKind::constant;
  double final = 0.1;
  std::int64_t end = 0;  ///< gradient step from which on it is `final`; 0: the training's last
  std::vector<std::int64_t> at;
  double by = 0.1;
  void fields(Fields& visit) override;
  /// At gradient step `step` (from 0) of a training of `steps`; before `begin`, or where neither `end` nor `steps` says
  /// when it ends, it is 1.
  double factor(std::uint64_t step, std::uint64_t steps, std::uint64_t begin = 0) const;
  /// The largest that factor() becomes.
  double largest() const;
};

}  // namespace cebm
