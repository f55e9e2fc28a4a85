/// Elementwise non-linearities with the derivative that a backward pass needs.
#pragma once

#include <cebm/options.h>
#include <torch/types.h>

#include <span>
#include <utility>

namespace cebm {

enum class ActivationKind { relu, leaky_relu, silu };

/// The words that stand for them in configurations.
std::span<const std::pair<const char*, ActivationKind>> activation_names();

/// relu: max(0, a); leaky_relu: a or slope * a below zero; silu: a / (1 + e^-a).
struct Activation {
  ActivationKind kind = ActivationKind::silu;
  double slope = 0.2;

  /// f(a), differentiable.
  torch::Tensor operator()(const torch::Tensor& a) const;
  /// f'(a) * gradient without a graph.
  torch::Tensor pull_back(const torch::Tensor& a, const torch::Tensor& gradient) const;
  /// f'(a).
  float derivative(float a) const;
  /// The keys `activation` and `leaky_slope`.
  void fields(Fields& visit) { fields(visit, {kind == ActivationKind::leaky_relu, "activation: leaky_relu"}); }
  /// The same where the slope is read under another condition.
  void fields(Fields& visit, const Condition& slope_is_read);
};

}  // namespace cebm
