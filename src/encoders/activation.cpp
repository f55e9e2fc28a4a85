#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/leaky_relu_backward.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/silu_backward.h>
#include <ATen/ops/threshold_backward.h>
#include <cebm/activation.h>

#include <cmath>
#include <stdexcept>
#include <string>

namespace cebm {

namespace {

[[noreturn]] void refuse(ActivationKind kind) {
  throw std::invalid_argument("activation: expected one of activation_names(), found number " +
                              std::to_string(static_cast<int>(kind)));
}

}  // namespace

torch::Tensor Activation::operator()(const torch::Tensor& a) const {
  switch (kind) {
    case ActivationKind::relu:
      return at::relu(a);
    case ActivationKind::leaky_relu:
      return at::leaky_relu(a, slope);
    case ActivationKind::silu:
      return at::silu(a);
  }
  refuse(kind);
}

torch::Tensor Activation::pull_back(const torch::Tensor& a, const torch::Tensor& gradient) const {
  switch (kind) {
    case ActivationKind::relu:
      return at::threshold_backward(gradient, a, 0.0);
    case ActivationKind::leaky_relu:
      return at::leaky_relu_backward(gradient, a, slope, /*self_is_result=*/false);
    case ActivationKind::silu:
      return at::silu_backward(gradient, a);
  }
  refuse(kind);
}

float Activation::derivative(float a) const {
  switch (kind) {
    case ActivationKind::relu:
      return a > 0.0F ? 1.0F : 0.0F;
    case ActivationKind::leaky_relu:
      return a > 0.0F ? 1.0F : static_cast<float>(slope);
    case ActivationKind::silu: {
      const float sigmoid = 1.0F / (1.0F + std::exp(-a));
      return sigmoid * (1.0F + a * (1.0F - sigmoid));
    }
  }
  refuse(kind);
}

std::span<const std::pair<const char*, ActivationKind>> activation_names() {
  static constexpr std::pair<const char*, ActivationKind> names[] = {
      {"relu", ActivationKind::relu}, {"leaky_relu", ActivationKind::leaky_relu}, {"silu", ActivationKind::silu}};
  return names;
}

void Activation::fields(Fields& visit, const Condition& slope_is_read) {
  visit.enumeration<ActivationKind>("activation", kind, activation_names(),
                                    "non-linearity after every layer but the last");
  visit.when(slope_is_read, [&] {
    visit.real("leaky_slope", slope, {0.0, 1.0}, "slope of leaky_relu below zero (the paper gives none)");
  });
}

}  // namespace cebm
