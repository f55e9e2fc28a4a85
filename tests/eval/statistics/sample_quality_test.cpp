#include <ATen/Parallel.h>
#include <cebm/errors.h>
#include <cebm/random.h>
#include <cebm/sample_quality.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/folder_test.h"

namespace cebm::sample_quality_test {
namespace {

torch::Tensor line(const std::vector<double>& places) { return torch::tensor(places, torch::kDouble).unsqueeze(1); }

torch::Tensor matrix(double a, double b, double c) { return torch::tensor({{a, b}, {b, c}}, torch::kDouble); }

torch::Tensor draws(std::int64_t count, std::int64_t dimensions, std::uint64_t step, double shift = 0.0) {
  return normal({count, dimensions}, {.seed = 5, .step = step}).to(torch::kDouble) + shift;
}

TEST(FrechetDistance, IsThatOfGaussiansWithKnownCovariances) {
  const GaussianMoments a{torch::tensor({1.0, 2.0}, torch::kDouble), matrix(4, 0, 9)};
  const GaussianMoments b{torch::tensor({4.0, -2.0}, torch::kDouble), matrix(1, 0, 25)};
  EXPECT_NEAR(frechet_distance(a, b), 25 + (2 - 1) * (2 - 1) + (3 - 5) * (3 - 5), 1e-9);
  // Covariances without common axes: of a 2 x 2 matrix M, tr M^{1/2} = (tr M + 2 (det M)^{1/2})^{1/2}.
  const GaussianMoments c{a.mean, matrix(5, 3, 4)};
  const torch::Tensor product = a.covariance.matmul(c.covariance);
  const double determinant = 36.0 * (20.0 - 9.0);
  const double root = std::sqrt(product.trace().item<double>() + 2.0 * std::sqrt(determinant));
  EXPECT_NEAR(frechet_distance(a, c), 13 + 9 - 2 * root, 1e-9);
  EXPECT_NEAR(frechet_distance(c, a), frechet_distance(a, c), 1e-9);
  EXPECT_NEAR(frechet_distance(c, c), 0.0, 1e-9);
}

TEST(FrechetDistance, OfPointsIsThatOfTheirMeanAndSampleCovariance) {
  const GaussianMoments found = moments_of(torch::tensor({{0.0, 1.0}, {2.0, 1.0}, {4.0, 7.0}}));
  EXPECT_TRUE(found.mean.allclose(torch::tensor({2.0, 3.0}, torch::kDouble)));
  EXPECT_TRUE(found.covariance.allclose(matrix(4, 6, 12)));
  EXPECT_THROW(moments_of(torch::zeros({1, 2})), std::invalid_argument);
}

/// The definition, pair by pair.
double discrepancy(const torch::Tensor& a, const torch::Tensor& b) {
  const auto kernels = [](const torch::Tensor& x, const torch::Tensor& y) {
    return (x.matmul(y.t()) / static_cast<double>(x.size(1)) + 1.0).pow(3);
  };
  const auto within = [&](const torch::Tensor& x) {
    const torch::Tensor all = kernels(x, x);
    const auto n = static_cast<double>(x.size(0));
    return (all.sum() - all.diagonal().sum()).item<double>() / (n * (n - 1));
  };
  return within(a) + within(b) - 2.0 * kernels(a, b).mean().item<double>();
}

TEST(KernelDistance, IsTheMeanOverAllPairsOfDifferentPoints) {
  const torch::Tensor a = draws(9, 3, 0);
  const torch::Tensor b = draws(7, 3, 1, 0.5);
  EXPECT_NEAR(compare(PointSet(a, "a"), PointSet(b, "b")).kernel.value, discrepancy(a, b), 1e-12);
}

TEST(KernelDistance, IsZeroInTheMeanForSetsOfOneDistribution) {
  double sum = 0.0;
  double squares = 0.0;
  constexpr int kTimes = 400;
  for (int i = 0; i < kTimes; ++i) {
    const auto step = static_cast<std::uint64_t>(2 * i);
    const double value = compare(PointSet(draws(20, 4, step), "a"), PointSet(draws(30, 4, step + 1), "b")).kernel.value;
    sum += value;
    squares += value * value;
  }
  const double mean = sum / kTimes;
  const double error = std::sqrt((squares / kTimes - mean * mean) / kTimes);
  EXPECT_LT(std::abs(mean), 3.5 * error);
  EXPECT_LT(error, 0.05) << "or nothing is tested";
}

TEST(KernelDistance, ItsStandardErrorIsTheSpreadOverRepetitions) {
  double sum = 0.0;
  double squares = 0.0;
  double errors = 0.0;
  constexpr int kTimes = 300;
  for (int i = 0; i < kTimes; ++i) {
    const auto step = static_cast<std::uint64_t>(2 * i);
    const KernelDistance found =
        compare(PointSet(draws(60, 2, step, 0.7), "a"), PointSet(draws(80, 2, step + 1), "b")).kernel;
    sum += found.value;
    squares += found.value * found.value;
    errors += found.standard_error;
  }
  const double spread = std::sqrt(squares / kTimes - (sum / kTimes) * (sum / kTimes));
  EXPECT_NEAR(errors / kTimes / spread, 1.0, 0.15);
}

// Real points with balls (k = 1) [-1, 1], [0, 2], [1, 5] and two small ones far away; samples with balls [-1, 2],
// [0.5, 3.5] and [2, 16].
TEST(PrecisionAndCoverage, AreThoseOfPointsMadeByHand) {
  const BallSizes balls{.precision = 1, .coverage = 1};
  const PointSet real(line({0, 1, 3, 50, 50.1}), "real", balls);
  const PointSet samples(line({0.5, 2, 9}), "samples", balls);
  const SampleQuality quality = compare(real, samples);
  EXPECT_DOUBLE_EQ(quality.precision, 2.0 / 3.0) << "9 is in no real ball";
  EXPECT_DOUBLE_EQ(quality.density, 4.0 / 3.0) << "0.5 and 2 are in two each";
  EXPECT_DOUBLE_EQ(quality.recall, 3.0 / 5.0) << "50 and 50.1 are in no sample's ball";
  EXPECT_DOUBLE_EQ(quality.coverage, 3.0 / 5.0) << "the small balls hold no sample";
}

// k = 2: the second nearest decides.
TEST(PrecisionAndCoverage, UseBallsOfTheirOwnSize) {
  const BallSizes balls{.precision = 1, .coverage = 2};
  const PointSet real(line({0, 1, 5}), "real", balls);            // radii 1, 1, 4 and 5, 4, 5
  const PointSet samples(line({2.5, -2, 31}), "samples", balls);  // radii 4.5, 4.5, 28.5
  const SampleQuality quality = compare(real, samples);
  EXPECT_DOUBLE_EQ(quality.precision, 1.0 / 3.0) << "-2 is in large balls alone";
  EXPECT_DOUBLE_EQ(quality.density, 5.0 / (2.0 * 3.0));
  EXPECT_DOUBLE_EQ(quality.recall, 1.0);
  EXPECT_DOUBLE_EQ(quality.coverage, 1.0);
}

TEST(SampleQuality, OfASetWithItselfIsPerfectEvenWhereRoundingIsCoarse) {
  const torch::Tensor points = draws(50, 6, 3) * 1e-7 + 1e3;
  const SampleQuality quality = compare(PointSet(points, "a"), PointSet(points.clone(), "b"));
  EXPECT_EQ(quality.precision, 1.0);
  EXPECT_EQ(quality.recall, 1.0);
  EXPECT_EQ(quality.coverage, 1.0);
}

TEST(SampleQuality, HasTheSameBitsForAnyNumberOfThreads) {
  const auto quality = [] { return compare(PointSet(draws(100, 5, 1), "a"), PointSet(draws(90, 5, 2, 0.3), "b")); };
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const SampleQuality one = quality();
  at::set_num_threads(3);
  const SampleQuality three = quality();
  at::set_num_threads(threads);
  EXPECT_EQ(one.frechet, three.frechet);
  EXPECT_EQ(one.kernel.value, three.kernel.value);
  EXPECT_EQ(one.kernel.standard_error, three.kernel.standard_error);
  EXPECT_EQ(one.density, three.density);
}

TEST(SampleQuality, TooFewPointsAndNumbersThatAreNotFiniteAreErrors) {
  EXPECT_EQ(message_of<DataError>([] {
              PointSet(torch::zeros({5, 2}), "the buffer");
            }),
            "the buffer: expected at least 6 images to compare, found 5");
  EXPECT_EQ(message_of<NumericsError>([] {
              PointSet(torch::full({9, 2}, NAN), "the buffer");
            }),
            "the buffer: its features are not finite");
}

}  // namespace
}  // namespace cebm::sample_quality_test
