// Independent references that the tests of the mathematics share: autograd, quadrature, errors.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace cebm {

/// max |a - b| / max |b|; infinite where a is not finite, so that a comparison with a bound fails.
inline double relative_error(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.sizes() != b.sizes() || !a.isfinite().all().item<bool>()) return std::numeric_limits<double>::infinity();
  const torch::Tensor exact = b.detach().to(torch::kFloat64);
  const double scale = exact.abs().max().item<double>();
  return (a.detach().to(torch::kFloat64) - exact).abs().max().item<double>() / scale;
}

/// The relative error of every image of [B, ...], but of one: where a leaky ReLU's input is within a rounding of zero,
/// two correct float32 sums may take either slope, which happens to one image in a hundred or fewer.
inline double error_of_all_but_one(const torch::Tensor& a, const torch::Tensor& b) {
  std::vector<double> errors;
  for (std::int64_t i = 0; i < b.size(0); ++i) errors.push_back(relative_error(a[i], b[i]));
  std::sort(errors.begin(), errors.end());
  return errors.at(errors.size() - 2);
}

/// d sum(f(x)) / dx by reverse-mode differentiation.
inline torch::Tensor autograd_gradient(const std::function<torch::Tensor(const torch::Tensor&)>& f,
                                       const torch::Tensor& x) {
  const torch::AutoGradMode record(true);
  const torch::Tensor input = x.detach().clone(torch::MemoryFormat::Contiguous).requires_grad_(true);
  return torch::autograd::grad({f(input).sum()}, {input})[0];
}

/// Points z_1 .. z_n with equal spacing; sum_i f(z_i) * spacing is the trapezoid rule, which converges faster than any
/// power of the spacing for the smooth integrands here, as they vanish at both ends.
struct Grid {
  torch::Tensor points;
  double spacing;
};
inline Grid fine_grid(double low = -60, double high = 60, std::int64_t count = 48001) {
  return {torch::linspace(low, high, count, torch::kFloat64), (high - low) / static_cast<double>(count - 1)};
}

inline torch::Tensor double_tensor(std::initializer_list<double> values, torch::IntArrayRef shape) {
  return torch::tensor(std::vector<double>(values), torch::kFloat64).reshape(shape);
}

}  // namespace cebm
