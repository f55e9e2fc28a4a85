#include "eval/statistics/statistics.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <span>
#include <stdexcept>

namespace cebm {

namespace {

/// P(|T| < t) for t = sqrt(freedom) tan(theta): Abramowitz and Stegun 26.7.3 and 26.7.4.
double central_probability(double theta, std::int64_t freedom) {
  const double cosine = std::cos(theta);
  const bool odd = freedom % 2 == 1;
  double term = odd ? cosine : 1.0;
  double sum = 0.0;
  for (std::int64_t k = odd ? 1 : 0; k <= freedom - 2; k += 2) {
    sum += term;
    term *= cosine * cosine * static_cast<double>(k + 1) / static_cast<double>(k + 2);
  }
  return odd ? 2.0 / std::numbers::pi * (theta + std::sin(theta) * sum) : std::sin(theta) * sum;
}

}  // namespace

double quantile(std::vector<double> values, double p) {
  if (values.empty()) throw std::invalid_argument("quantile: expected at least one value");
  std::ranges::sort(values);
  const double place = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

double student_t_quantile(double p, std::int64_t freedom) {
  if (p < 0.5 || p >= 1.0 || freedom < 1)
    throw std::invalid_argument("student_t_quantile: expected 0.5 <= p < 1 and at least one degree of freedom");
  double low = 0.0;
  double high = std::numbers::pi / 2.0;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2.0;
    (central_probability(middle, freedom) < 2.0 * p - 1.0 ? low : high) = middle;
  }
  return std::sqrt(static_cast<double>(freedom)) * std::tan(low);
}

Spread spread_of(const torch::Tensor& values) {
  const torch::Tensor exact = values.to(torch::kCPU, torch::kDouble).contiguous();
  const std::span<const double> all(exact.const_data_ptr<double>(), static_cast<std::size_t>(exact.numel()));
  const double mean = std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
  double squares = 0.0;
  for (const double value : all) squares += (value - mean) * (value - mean);
  return {mean, all.size() > 1 ? std::sqrt(squares / static_cast<double>(all.size() - 1)) : 0.0};
}

MeanEstimate estimate_mean(const std::vector<double>& values) {
  if (values.size() < 2) throw std::invalid_argument("estimate_mean: expected at least two values");
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0.0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double half =
      student_t_quantile(0.975, std::ssize(values) - 1) * std::sqrt(squares / (count - 1.0)) / std::sqrt(count);
  return {mean, std::sqrt(squares / count), mean - half, mean + half};
}

}  // namespace cebm
