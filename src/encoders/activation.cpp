#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/leaky_relu_backward.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/silu_backward.h>
#include <ATen/ops/threshold_backward.h>
#include <cebm/activation.h>

#include <vector>

namespace cebm {

namespace {

const Registry<ActivationEntry>& built_in() {
  static const Registry<ActivationEntry> registry = built_in_activations();
  return registry;
}

std::optional<KernelActivation> kernel_leaky_relu(double slope) {
  // The kernels take the sum's sign from the activated value, which a negative slope would flip.
  if (!(slope >= 0.0)) return std::nullopt;
  return KernelActivation{Nonlinearity::leaky_relu, static_cast<float>(slope)};
}

}  // namespace

Registry<ActivationEntry> built_in_activations() {
  using torch::Tensor;
  Registry<ActivationEntry> registry("activation");
  registry.add({.name = "relu",
                .summary = "max(0, a)",
                .value = [](const Tensor& a, double) { return at::relu(a); },
                .pull_back = [](const Tensor& a, const Tensor& g, double) { return at::threshold_backward(g, a, 0.0); },
                .kernel = [](double) -> std::optional<KernelActivation> {
                  return KernelActivation{Nonlinearity::leaky_relu, 0.0F};
                }});
  registry.add(
      {.name = "leaky_relu",
       .summary = "a, below zero leaky_slope * a",
       .value = [](const Tensor& a, double slope) { return at::leaky_relu(a, slope); },
       .pull_back = [](const Tensor& a, const Tensor& g,
                       double slope) { return at::leaky_relu_backward(g, a, slope, /*self_is_result=*/false); },
       .kernel = kernel_leaky_relu,
       .has_slope = true});
  registry.add({.name = "silu",
                .summary = "a / (1 + e^-a)",
                .value = [](const Tensor& a, double) { return at::silu(a); },
                .pull_back = [](const Tensor& a, const Tensor& g, double) { return at::silu_backward(g, a); },
                .kernel = [](double) -> std::optional<KernelActivation> {
                  return KernelActivation{Nonlinearity::silu, 0.0F};
                }});
  return registry;
}

Activation::Activation(const std::string& name, double its_slope) : slope(its_slope), registry_(&built_in()) {
  select(name);
}

Activation::Activation(const Catalog& catalog) : slope(0.2), registry_(&registry_of<ActivationEntry>(catalog)) {
  select("silu");
}

void Activation::select(const std::string& name) {
  row_ = std::make_shared<const ActivationEntry>(registry_->find(name));
}

Activation Activation::with(const std::string& name) const {
  Activation other = *this;
  other.select(name);
  return other;
}

void Activation::fields(Fields& visit, const Condition& slope_is_read) {
  std::vector<std::string> names;
  for (const ActivationEntry& row : registry_->rows()) names.push_back(row.name);
  std::string chosen = name();
  visit.word("activation", chosen, names, "non-linearity after every layer but the last");
  if (chosen != name()) select(chosen);
  visit.when(slope_is_read, [&] {
    visit.real("leaky_slope", slope, {0.0, 1.0}, "slope of leaky_relu below zero (the paper gives none)");
  });
}

}  // namespace cebm
