#include <cebm/errors.h>
#include <cebm/sample_quality.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "core/mkl.h"
#include "eval/statistics/row_products.h"

namespace cebm {

namespace {

using torch::Tensor;

/// C^{1/2} of a covariance; eigenvalues that rounding made negative count as 0.
Tensor square_root(const Tensor& covariance) {
  const auto [values, vectors] = at::linalg_eigh(covariance);
  return vectors.mul(values.clamp_min(0.0).sqrt()).matmul(vectors.t());
}

double kernel(double product, double dimensions) {
  const double base = product / dimensions + 1.0;
  return base * base * base;
}

double squared_distance_of(double a, double b, double product) { return std::max(0.0, a + b - 2.0 * product); }

double sum_of(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

/// sum_i (values_i - mean)^2 (n - 1) / n: the jackknife's variance from the estimates with one point left out.
double jackknife_variance(const std::vector<double>& left_out) {
  const auto n = static_cast<double>(left_out.size());
  const double mean = sum_of(left_out) / n;
  double squares = 0.0;
  for (const double value : left_out) squares += (value - mean) * (value - mean);
  return squares * (n - 1.0) / n;
}

/// Relations of each point of one set to the points of another.
struct Crossing {
  std::vector<double> kernel_sums;        ///< with all points of the other set
  std::vector<double> nearest;            ///< squared distance to the nearest point of the other set
  std::vector<std::int64_t> small_balls;  ///< number of the other set's balls, of precision's radius, that contain it
  std::vector<std::int64_t> large_balls;  ///< the same with coverage's radius
};

}  // namespace

GaussianMoments moments_of(const Tensor& points) {
  if (points.dim() != 2 || points.size(0) < 2) {
    throw std::invalid_argument(c10::str("moments_of: expected at least two points [N, D], found ", points.sizes()));
  }
  const Tensor rows = points.detach().to(torch::kCPU, torch::kDouble).contiguous();
  const std::int64_t count = rows.size(0);
  const std::int64_t dimensions = rows.size(1);
  const Tensor mean = torch::zeros({dimensions}, torch::kDouble);
  auto* const m = mean.data_ptr<double>();
  const auto* const x = rows.const_data_ptr<double>();
  for (std::int64_t i = 0; i < count; ++i) {
    for (std::int64_t d = 0; d < dimensions; ++d) m[d] += x[i * dimensions + d];
  }
  for (std::int64_t d = 0; d < dimensions; ++d) m[d] /= static_cast<double>(count);
  // As products of columns, each summed in the order of the points.
  const PointMatrix columns((rows - mean).t());
  const Tensor covariance = torch::empty({dimensions, dimensions}, torch::kDouble);
  for_each_row_of_products(columns, columns, [&](std::int64_t d, const std::vector<double>& products) {
    for (std::int64_t e = 0; e < dimensions; ++e) {
      covariance.data_ptr<double>()[d * dimensions + e] =
          products[static_cast<std::size_t>(e)] / static_cast<double>(count - 1);
    }
  });
  return {mean, covariance};
}

double frechet_distance(const GaussianMoments& a, const GaussianMoments& b) {
  const mkl::OneThread alone;
  const Tensor root = square_root(a.covariance);
  const Tensor values = at::linalg_eigvalsh(root.matmul(b.covariance).matmul(root));
  const double traces = (a.covariance.diagonal().sum() + b.covariance.diagonal().sum()).item<double>();
  const double means = (a.mean - b.mean).square().sum().item<double>();
  return std::max(0.0, means + traces - 2.0 * values.clamp_min(0.0).sqrt().sum().item<double>());
}

struct PointSet::Inside {
  PointMatrix points;
  GaussianMoments moments;
  BallSizes balls;
  std::vector<double> norms;         ///< squared
  std::vector<double> small_radius;  ///< squared, for precision
  std::vector<double> large_radius;  ///< squared, for coverage
  std::vector<double> kernel_sums;   ///< of each point with the others of its set

  std::int64_t size() const { return points.size(); }
  void look_at_each_other();
  Crossing cross(const Inside& others) const;
};

void PointSet::Inside::look_at_each_other() {
  const auto count = static_cast<std::size_t>(size());
  norms.resize(count);
  // Summed in the same order as the products, so that the distance between equal points is 0.
  for (std::size_t i = 0; i < count; ++i) {
    const double* const x = points.row(static_cast<std::int64_t>(i));
    norms[i] = std::inner_product(x, x + points.dimensions(), x, 0.0);
  }
  small_radius.resize(count);
  large_radius.resize(count);
  kernel_sums.resize(count);
  const auto dimensions = static_cast<double>(points.dimensions());
  for_each_row_of_products(points, points, [&](std::int64_t row, const std::vector<double>& products) {
    const auto i = static_cast<std::size_t>(row);
    std::vector<double> distances;
    distances.reserve(count);
    double kernels = 0.0;
    for (std::size_t j = 0; j < count; ++j) {
      if (j == i) continue;
      kernels += kernel(products[j], dimensions);
      distances.push_back(squared_distance_of(norms[i], norms[j], products[j]));
    }
    kernel_sums[i] = kernels;
    const auto nearest = [&](std::int64_t k) {
      std::nth_element(distances.begin(), distances.begin() + (k - 1), distances.end());
      return distances[static_cast<std::size_t>(k - 1)];
    };
    large_radius[i] = nearest(balls.coverage);
    small_radius[i] = nearest(balls.precision);
  });
}

Crossing PointSet::Inside::cross(const Inside& others) const {
  const auto count = static_cast<std::size_t>(size());
  Crossing crossing{std::vector<double>(count), std::vector<double>(count), std::vector<std::int64_t>(count),
                    std::vector<std::int64_t>(count)};
  const auto dimensions = static_cast<double>(points.dimensions());
  for_each_row_of_products(points, others.points, [&](std::int64_t row, const std::vector<double>& products) {
    const auto i = static_cast<std::size_t>(row);
    double kernels = 0.0;
    double nearest = std::numeric_limits<double>::infinity();
    std::int64_t small = 0;
    std::int64_t large = 0;
    for (std::size_t j = 0; j < products.size(); ++j) {
      kernels += kernel(products[j], dimensions);
      const double distance = squared_distance_of(norms[i], others.norms[j], products[j]);
      nearest = std::min(nearest, distance);
      small += distance <= others.small_radius[j] ? 1 : 0;
      large += distance <= others.large_radius[j] ? 1 : 0;
    }
    crossing.kernel_sums[i] = kernels;
    crossing.nearest[i] = nearest;
    crossing.small_balls[i] = small;
    crossing.large_balls[i] = large;
  });
  return crossing;
}

namespace {

/// The unbiased estimate from kernel sums over pairs: within each set, excluding pairs of a point with itself, and
/// between the sets.
double discrepancy(double within_a, double a, double within_b, double b, double between) {
  return within_a / (a * (a - 1.0)) + within_b / (b * (b - 1.0)) - 2.0 * between / (a * b);
}

/// Estimates with one point of the first set left out, from the points' sums of kernels.
std::vector<double> estimates_without_one(const std::vector<double>& within_a, const std::vector<double>& between,
                                          double within_b, double b) {
  const auto a = static_cast<double>(within_a.size());
  const double all_within = sum_of(within_a);
  const double all_between = sum_of(between);
  std::vector<double> estimates;
  for (std::size_t i = 0; i < within_a.size(); ++i) {
    estimates.push_back(discrepancy(all_within - 2.0 * within_a[i], a - 1.0, within_b, b, all_between - between[i]));
  }
  return estimates;
}

double share_of_positive(const std::vector<std::int64_t>& counts) {
  const auto positive = std::ranges::count_if(counts, [](std::int64_t count) { return count > 0; });
  return static_cast<double>(positive) / static_cast<double>(counts.size());
}

}  // namespace

PointSet::PointSet(const Tensor& points, const std::string& what, const BallSizes& balls) {
  const std::int64_t needed = std::max({balls.precision, balls.coverage, std::int64_t{2}}) + 1;
  if (points.dim() != 2 || points.size(0) < needed) {
    throw DataError(what + ": expected at least " + std::to_string(needed) + " images to compare, found " +
                    std::to_string(points.size(0)));
  }
  if (!points.isfinite().all().item<bool>()) throw NumericsError(what + ": its features are not finite");
  inside_ = std::make_unique<Inside>(Inside{PointMatrix(points), moments_of(points), balls, {}, {}, {}, {}});
  inside_->look_at_each_other();
}

PointSet::~PointSet() = default;
PointSet::PointSet(PointSet&&) noexcept = default;
PointSet& PointSet::operator=(PointSet&&) noexcept = default;

std::int64_t PointSet::size() const { return inside_->size(); }

SampleQuality compare(const PointSet& real_set, const PointSet& sample_set) {
  const PointSet::Inside& real = *real_set.inside_;
  const PointSet::Inside& samples = *sample_set.inside_;
  const Crossing of_samples = samples.cross(real);
  const Crossing of_real = real.cross(samples);
  const auto n = static_cast<double>(real.size());
  const auto m = static_cast<double>(samples.size());
  const double within_real = sum_of(real.kernel_sums);
  const double within_samples = sum_of(samples.kernel_sums);

  SampleQuality quality;
  quality.frechet = frechet_distance(real.moments, samples.moments);
  quality.kernel.value = discrepancy(within_real, n, within_samples, m, sum_of(of_samples.kernel_sums));
  quality.kernel.standard_error =
      std::sqrt(jackknife_variance(estimates_without_one(real.kernel_sums, of_real.kernel_sums, within_samples, m)) +
                jackknife_variance(estimates_without_one(samples.kernel_sums, of_samples.kernel_sums, within_real, n)));
  quality.precision = share_of_positive(of_samples.small_balls);
  quality.recall = share_of_positive(of_real.small_balls);
  const auto balls = std::accumulate(of_samples.large_balls.begin(), of_samples.large_balls.end(), std::int64_t{0});
  quality.density = static_cast<double>(balls) / (m * static_cast<double>(real.balls.coverage));
  std::int64_t covered = 0;
  for (std::size_t i = 0; i < of_real.nearest.size(); ++i) {
    covered += of_real.nearest[i] <= real.large_radius[i] ? 1 : 0;
  }
  quality.coverage = static_cast<double>(covered) / n;
  return quality;
}

}  // namespace cebm
