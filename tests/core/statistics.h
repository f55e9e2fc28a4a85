// Sample statistics that the tests of random numbers share.
#pragma once

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace cebm {

inline std::vector<double> values_of(const torch::Tensor& tensor) {
  const torch::Tensor flat = tensor.to(torch::kCPU, torch::kFloat64).contiguous();
  const double* begin = flat.const_data_ptr<double>();
  return {begin, begin + flat.numel()};
}

struct Moments {
  double mean = 0, variance = 0, skewness = 0, excess_kurtosis = 0;
};

inline Moments moments_of(const std::vector<double>& sample) {
  const auto n = static_cast<double>(sample.size());
  Moments result;
  for (const double x : sample) result.mean += x / n;
  double third = 0;
  double fourth = 0;
  for (const double x : sample) {
    const double d = x - result.mean;
    result.variance += d * d / n;
    third += d * d * d / n;
    fourth += d * d * d * d / n;
  }
  result.skewness = third / std::pow(result.variance, 1.5);
  result.excess_kurtosis = fourth / (result.variance * result.variance) - 3;
  return result;
}

inline double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const Moments of_a = moments_of(a);
  const Moments of_b = moments_of(b);
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - of_a.mean) * (b[i] - of_b.mean);
  return sum / static_cast<double>(a.size()) / std::sqrt(of_a.variance * of_b.variance);
}

inline double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

/// Largest distance between the sample's distribution function and `cdf`.
template <class Cdf>
double kolmogorov_distance(std::vector<double> sample, const Cdf& cdf) {
  std::sort(sample.begin(), sample.end());
  const auto n = static_cast<double>(sample.size());
  double distance = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double p = cdf(sample[i]);
    distance = std::max({distance, static_cast<double>(i + 1) / n - p, p - static_cast<double>(i) / n});
  }
  return distance;
}

}  // namespace cebm
