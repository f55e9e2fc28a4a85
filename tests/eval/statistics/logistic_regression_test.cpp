#include <ATen/Parallel.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <cebm/logistic_regression.h>
#include <cebm/random.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "contract/rows.h"
#include "eval/statistics/feature_scale.h"
#include "support/folder_test.h"
#include "support/numeric.h"

namespace cebm {
namespace {

using Rows = std::vector<std::int64_t>;

torch::Tensor reference(const std::string& name) {
  return read_npy(std::string(CEBM_TEST_REFERENCE "/few_shot_") + name + ".npy");
}

/// Four overlapping classes of unequal size, from the reference files.
struct Overlapping {
  torch::Tensor train = reference("train");
  torch::Tensor labels = reference("train_labels");
  torch::Tensor test = reference("test");
  Rows all() const {
    Rows rows(static_cast<std::size_t>(train.size(0)));
    std::iota(rows.begin(), rows.end(), std::int64_t{0});
    return rows;
  }
};

TEST(LogisticRegression, GivesScikitLearnsWeightsAndPredictions) {
  const Overlapping data;
  const auto expected = nlohmann::json::parse(read_file(CEBM_TEST_REFERENCE "/few_shot.json"));
  ASSERT_EQ(expected.size(), 3U);
  for (const auto& subset : expected) {
    const torch::Tensor weights = fit_one_vs_rest(data.train, data.labels, 4, subset.at("rows"));
    for (std::int64_t k = 0; k < 4; ++k) {
      const torch::Tensor of_class = torch::tensor(subset.at("weights")[k].get<std::vector<double>>(), torch::kDouble);
      EXPECT_LT(relative_error(weights[k], of_class), 1e-3) << "class " << k;
    }
    const auto predicted = torch::tensor(subset.at("predicted").get<Rows>(), torch::kInt64);
    const double agreement =
        predict_one_vs_rest(weights, data.test).eq(predicted).to(torch::kDouble).mean().item<double>();
    EXPECT_GE(agreement, 0.998);
  }
}

/// The largest component of the loss's gradient, of all classes.
double largest_slope(const torch::Tensor& features, const torch::Tensor& labels, const torch::Tensor& weights,
                     double cost) {
  const torch::Tensor x = torch::cat({features, torch::ones({features.size(0), 1})}, 1).to(torch::kDouble);
  double largest = 0.0;
  for (std::int64_t k = 0; k < weights.size(0); ++k) {
    const torch::Tensor y = labels.eq(k).to(torch::kDouble) * 2.0 - 1.0;
    const torch::Tensor gradient = autograd_gradient(
        [&](const torch::Tensor& w) {
          return w.square().sum() / 2.0 + cost * torch::log1p(torch::exp(-y * x.mv(w))).sum();
        },
        weights[k]);
    largest = std::max(largest, gradient.abs().max().item<double>());
  }
  return largest;
}

TEST(LogisticRegression, MinimisesThePenalisedLogisticLoss) {
  const Overlapping data;
  const torch::Tensor weights = fit_one_vs_rest(data.train, data.labels, 4, data.all(), {2.5, 1e-9});
  EXPECT_LT(largest_slope(data.train, data.labels, weights, 2.5), 1e-5);
}

TEST(LogisticRegression, BytesStandForValuesBetweenZeroAndOne) {
  const Overlapping data;
  const torch::Tensor bytes = ((data.train - data.train.min()) * 20.0).to(torch::kUInt8);
  const torch::Tensor from_bytes = fit_one_vs_rest(bytes, data.labels, 4, data.all());
  const torch::Tensor floats = bytes.to(torch::kFloat) / 255.0;
  EXPECT_LT(relative_error(from_bytes, fit_one_vs_rest(floats, data.labels, 4, data.all())), 1e-4);
  EXPECT_TRUE(predict_one_vs_rest(from_bytes, bytes).equal(predict_one_vs_rest(from_bytes, floats)));
}

TEST(LogisticRegression, IsTheSameBytesForAnyNumberOfThreads) {
  const Overlapping data;
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const torch::Tensor alone = fit_one_vs_rest(data.train, data.labels, 4, data.all());
  at::set_num_threads(3);
  EXPECT_TRUE(fit_one_vs_rest(data.train, data.labels, 4, data.all()).equal(alone));
  at::set_num_threads(threads);
}

TEST(LogisticRegression, EqualDecisionsGoToTheLowerClass) {
  const torch::Tensor weights = double_tensor({0, 1, 1, 0, 1, 0}, {3, 2});
  EXPECT_TRUE(predict_one_vs_rest(weights, torch::tensor({{1.0F}, {2.0F}, {0.5F}}))
                  .equal(torch::tensor({0, 1, 0}, torch::kInt64)));
}

TEST(LogisticRegression, RefusesFeaturesThatAreNotFinite) {
  Overlapping data;
  data.train[7][2] = NAN;
  const std::string message =
      message_of<NumericsError>([&] { fit_one_vs_rest(data.train, data.labels, 4, data.all()); });
  EXPECT_NE(message.find("feature 2 of image 7"), std::string::npos) << message;
}

/// Features on a ray from ill to well conditioned, two overlapping classes and a third that is easy.
TEST(LogisticRegression, FindsTheMinimumOfBadlyScaledFeaturesOfMoreRowsThanASampleOfThem) {
  const torch::Tensor x = normal({3000, 20}, {.seed = 8}) * torch::pow(10.0, torch::linspace(-3, 2, 20));
  const torch::Tensor score = x.select(1, 12) / x.select(1, 12).std() + 0.5 * normal({3000}, {.seed = 9});
  const torch::Tensor labels = score.gt(0.3).to(torch::kInt64) + x.select(1, 19).gt(150.0).to(torch::kInt64);
  Rows all(3000);
  std::iota(all.begin(), all.end(), std::int64_t{0});
  EXPECT_LT(largest_slope(x, labels, fit_one_vs_rest(x, labels, 3, all, {1.0, 1e-9}), 1.0), 1e-4);
}

TEST(LogisticRegression, OfScaledFeaturesGivesWeightsOfThoseAsTheyAre) {
  const Overlapping data;
  const FeatureScale scale = feature_scale(data.train);
  const torch::Tensor scaled = ((data.train - scale.mean) / scale.deviation).to(torch::kFloat);
  const torch::Tensor expected = fit_one_vs_rest(scaled, data.labels, 4, data.all(), {1.0, 1e-9});
  const torch::Tensor weights =
      fit_one_vs_rest(data.train, data.labels, 4, data.all(), {1.0, 1e-9, scale.mean, scale.deviation});
  const std::int64_t features = data.train.size(1);
  EXPECT_LT(relative_error(weights.narrow(1, 0, features) * scale.deviation, expected.narrow(1, 0, features)), 1e-5);
  const double agreement = predict_one_vs_rest(weights, data.train)
                               .eq(predict_one_vs_rest(expected, scaled))
                               .to(torch::kDouble)
                               .mean()
                               .item<double>();
  EXPECT_GE(agreement, 0.999);
}

TEST(LogisticRegression, FindsTheMinimumWhereScaledFeaturesHardlyVary) {
  torch::Tensor x = normal({3000, 40}, {.seed = 12});
  const torch::Tensor labels = (x.select(1, 0) + 0.3 * normal({3000}, {.seed = 13})).gt(0.2).to(torch::kInt64);
  x.narrow(1, 0, 20).mul_(3e-7).add_(1.0);  // a few of the smallest steps of float32
  const FeatureScale scale = feature_scale(x);
  Rows all(3000);
  std::iota(all.begin(), all.end(), std::int64_t{0});
  const torch::Tensor weights = fit_one_vs_rest(x, labels, 2, all, {1.0, 1e-9, scale.mean, scale.deviation});
  const torch::Tensor scaled = (x - scale.mean) / scale.deviation;
  torch::Tensor of_scaled = weights.clone();
  of_scaled.narrow(1, 0, 40).mul_(scale.deviation);
  of_scaled.select(1, 40).add_(weights.narrow(1, 0, 40).mv(scale.mean));
  EXPECT_LT(largest_slope(scaled, labels, of_scaled, 1.0), 1e-3);
}

/// More rows than a sample has: with few features of the whole Hessian, with many of the sample.
TEST(LogisticRegression, OfManyRowsIsTheSameBytesForAnyNumberOfThreads) {
  Rows all(2100);
  std::iota(all.begin(), all.end(), std::int64_t{0});
  for (const std::int64_t features : {6, 2050}) {
    const torch::Tensor x = normal({2100, features}, {.seed = 11}) * 0.1;
    const torch::Tensor labels = x.select(1, 0).gt(0.05).to(torch::kInt64);
    const int threads = at::get_num_threads();
    at::set_num_threads(1);
    const torch::Tensor alone = fit_one_vs_rest(x, labels, 2, all);
    at::set_num_threads(3);
    EXPECT_TRUE(fit_one_vs_rest(x, labels, 2, all).equal(alone)) << features;
    at::set_num_threads(threads);
    EXPECT_LT(largest_slope(x, labels, alone, 1.0), 0.1) << features;
  }
}

/// One class has no image and more classes than are fitted at once.
TEST(LogisticRegression, FitsManyClassesSomeOfThemEmpty) {
  const torch::Tensor x = normal({230, 5}, {.seed = 10});
  const torch::Tensor labels = torch::arange(230).remainder(23);
  Rows all(230);
  std::iota(all.begin(), all.end(), std::int64_t{0});
  const torch::Tensor weights = fit_one_vs_rest(x, labels, 24, all, {1.0, 1e-9});
  EXPECT_EQ(weights.size(0), 24);
  EXPECT_LT(largest_slope(x, labels, weights, 1.0), 1e-5);
}

}  // namespace
}  // namespace cebm
