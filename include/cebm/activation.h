/// Elementwise non-linearities: one table that networks, kernels and configurations share.
#pragma once

#include <cebm/kernel_activation.h>
#include <cebm/registry.h>
#include <torch/types.h>

#include <memory>
#include <optional>
#include <string>

namespace cebm {

/// A row of the table. `slope` is the setting leaky_slope; most activations have none.
struct ActivationEntry {
  std::string name;
  std::string summary;
  /// f(a), elementwise and differentiable by autograd.
  torch::Tensor (*value)(const torch::Tensor& a, double slope) = nullptr;
  /// f'(a) * gradient, without a graph.
  torch::Tensor (*pull_back)(const torch::Tensor& a, const torch::Tensor& gradient, double slope) = nullptr;
  /// The equivalent in our own kernels. If null or empty, networks with this activation run through LibTorch.
  std::optional<KernelActivation> (*kernel)(double slope) = nullptr;
  bool has_slope = false;
};

/// relu: max(0, a); leaky_relu: a, below zero slope * a; silu: a / (1 + e^-a).
Registry<ActivationEntry> built_in_activations();
template <>
const Registry<ActivationEntry>& registry_of(const Catalog& catalog);

/// One of a registry's activations and its slope. The registry (the built-in table or a catalog's) must still exist
/// when select(), with() or fields() is called.
class Activation {
 public:
  /// Throws ConfigError for an unknown name, suggesting the nearest.
  explicit Activation(const std::string& name = "silu", double slope = 0.2);
  /// silu; select() chooses among the catalog's activations.
  explicit Activation(const Catalog& catalog);

  double slope;

  const std::string& name() const { return row_->name; }
  bool has_slope() const { return row_->has_slope; }
  /// Throws ConfigError for an unknown name, suggesting the nearest.
  void select(const std::string& name);
  /// The activation `name` of the same registry, with the same slope. Throws as select().
  Activation with(const std::string& name) const;
  const Registry<ActivationEntry>& registry() const { return *registry_; }

  torch::Tensor operator()(const torch::Tensor& a) const { return row_->value(a, slope); }
  torch::Tensor pull_back(const torch::Tensor& a, const torch::Tensor& gradient) const {
    return row_->pull_back(a, gradient, slope);
  }
  std::optional<KernelActivation> kernel() const { return row_->kernel ? row_->kernel(slope) : std::nullopt; }

  /// The keys `activation` and `leaky_slope`.
  void fields(Fields& visit) { fields(visit, {has_slope(), "activation: leaky_relu"}); }
  /// The same where the slope is read under another condition.
  void fields(Fields& visit, const Condition& slope_is_read);

 private:
  const Registry<ActivationEntry>* registry_;
  std::shared_ptr<const ActivationEntry> row_;  ///< a copy: networks outlive the registry
};

}  // namespace cebm
