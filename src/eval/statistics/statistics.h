// Small statistics that several evaluators report.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace cebm {

/// The p-quantile, p in [0, 1], by linear interpolation between order statistics (numpy's default).
/// Throws std::invalid_argument if there are no values.
double quantile(std::vector<double> values, double p);

/// The p-quantile, p in [0.5, 1), of Student's t distribution with `freedom` >= 1 degrees of freedom.
double student_t_quantile(double p, std::int64_t freedom);

/// Mean and sample standard deviation (0 for a single value) of values [N], in double and in their order: LibTorch
/// splits large inputs among its threads, so that its rounding depends on their number.
struct Spread {
  double mean = 0.0;
  double std = 0.0;
};
Spread spread_of(const torch::Tensor& values);

/// Mean, population standard deviation, and the 95% interval of the mean: mean -+ t_{0.975, n-1} s / sqrt(n) with the
/// sample standard deviation s.
struct MeanEstimate {
  double mean = 0.0;
  double std = 0.0;
  double low = 0.0;
  double high = 0.0;
};

/// Throws std::invalid_argument for fewer than two values.
MeanEstimate estimate_mean(const std::vector<double>& values);

}  // namespace cebm
