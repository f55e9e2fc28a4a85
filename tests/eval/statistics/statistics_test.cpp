#include "eval/statistics/statistics.h"

#include <ATen/Parallel.h>
#include <cebm/files.h>
#include <cebm/random.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "eval/statistics/histogram.h"

namespace cebm {
namespace {

TEST(Statistics, QuantilesOfStudentsTAreScipys) {
  const auto reference = nlohmann::json::parse(read_file(CEBM_TEST_REFERENCE "/ranking.json"));
  ASSERT_GE(reference.at("t").size(), 20U);
  for (const auto& row : reference.at("t")) {
    const double expected = row[2];
    EXPECT_NEAR(student_t_quantile(row[0], row[1]), expected, 1e-9 * expected) << row;
  }
  EXPECT_NEAR(student_t_quantile(0.5, 7), 0.0, 1e-12);
  EXPECT_THROW(student_t_quantile(1.0, 3), std::invalid_argument);
}

TEST(Statistics, AMeansIntervalIsStudents) {
  const MeanEstimate found = estimate_mean({1.0, 2.0, 3.0, 6.0});
  EXPECT_DOUBLE_EQ(found.mean, 3.0);
  EXPECT_DOUBLE_EQ(found.std, std::sqrt(14.0 / 4.0));
  const double half = 3.182446305284263 * std::sqrt(14.0 / 3.0) / 2.0;
  EXPECT_NEAR(found.low, 3.0 - half, 1e-9);
  EXPECT_NEAR(found.high, 3.0 + half, 1e-9);
  EXPECT_THROW(estimate_mean({1.0}), std::invalid_argument);
}

TEST(Statistics, MeanAndDeviationAreTheSameBitsForAnyNumberOfThreads) {
  const Spread few = spread_of(torch::tensor({1.0F, 2.0F, 3.0F, 6.0F}));
  EXPECT_DOUBLE_EQ(few.mean, 3.0);
  EXPECT_DOUBLE_EQ(few.std, std::sqrt(14.0 / 3.0));
  EXPECT_EQ(spread_of(torch::tensor({5.0F})).std, 0.0);
  const torch::Tensor many = normal({100003}, {.seed = 1});
  const int threads = at::get_num_threads();
  std::vector<Spread> found;
  for (const int count : {1, 2, 3}) {
    at::set_num_threads(count);
    found.push_back(spread_of(many));
  }
  at::set_num_threads(threads);
  for (const Spread& spread : found) {
    EXPECT_EQ(spread.mean, found[0].mean);
    EXPECT_EQ(spread.std, found[0].std);
  }
  EXPECT_NEAR(found[0].mean, many.to(torch::kDouble).mean().item<double>(), 1e-12);
  EXPECT_NEAR(found[0].std, many.to(torch::kDouble).std().item<double>(), 1e-12);
}

TEST(Statistics, QuantilesLieBetweenOrderStatistics) {
  EXPECT_DOUBLE_EQ(quantile({3.0, 1.0, 2.0}, 0.5), 2.0);
  EXPECT_DOUBLE_EQ(quantile({0.0, 10.0}, 0.25), 2.5);
  EXPECT_DOUBLE_EQ(quantile({4.0, 5.0}, 1.0), 5.0);
  EXPECT_THROW(quantile({}, 0.5), std::invalid_argument);
}

TEST(Histogram, SharesOfEachSetSumToOneAndFarValuesFallIntoTheOutermostBins) {
  std::vector<double> many;
  for (int i = 0; i < 1000; ++i) many.push_back(i % 10);
  many.push_back(1e9);
  const Chart chart = histogram_chart("title", "x", {{"many", many}, {"one", {4.0}}}, 10);
  ASSERT_EQ(chart.curves.size(), 2U);
  for (const Curve& curve : chart.curves) {
    EXPECT_EQ(curve.y.front(), 0.0);
    EXPECT_EQ(curve.y.back(), 0.0);
    double sum = 0.0;
    for (std::size_t i = 1; i + 1 < curve.y.size(); i += 2) sum += curve.y[i];
    EXPECT_NEAR(sum, 1.0, 1e-12);
    EXPECT_LE(curve.x.back(), 9.0);
  }
}

TEST(Histogram, EqualValuesStandInTheMiddle) {
  const Chart chart = histogram_chart("title", "x", {{"same", {5.0, 5.0}}}, 3);
  EXPECT_EQ(chart.curves[0].y, (std::vector<double>{0, 0, 0, 1, 1, 0, 0, 0}));
}

}  // namespace
}  // namespace cebm
