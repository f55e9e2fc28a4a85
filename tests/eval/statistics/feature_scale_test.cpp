#include "eval/statistics/feature_scale.h"

#include <ATen/Parallel.h>
#include <cebm/random.h>
#include <gtest/gtest.h>

namespace cebm {
namespace {

torch::Tensor scaled(const torch::Tensor& features) {
  const FeatureScale scale = feature_scale(features);
  return (numbers_of(features) - scale.mean) / scale.deviation;
}

TEST(FeatureScale, BringsEveryFeatureToMeanZeroAndDeviationOne) {
  const torch::Tensor features = normal({500, 7}, {.seed = 3}) * torch::arange(1, 8) + 40.0;
  const torch::Tensor found = scaled(features);
  EXPECT_LT(found.mean(0).abs().max().item<double>(), 1e-6);
  EXPECT_LT((found.std(0, /*unbiased=*/false) - 1.0).abs().max().item<double>(), 1e-6);
}

TEST(FeatureScale, LeavesAConstantFeatureAtZero) {
  const torch::Tensor features = torch::full({4, 2}, 3.0F);
  EXPECT_TRUE(scaled(features).eq(0.0).all().item<bool>());
}

TEST(FeatureScale, TakesBytesForSharesOf255) {
  const torch::Tensor bytes = torch::tensor({{0, 255}, {255, 255}, {255, 0}}, torch::kByte);
  EXPECT_NEAR(feature_scale(bytes).mean[0].item<double>(), 2.0 / 3.0, 1e-7);
  EXPECT_TRUE(scaled(bytes).equal(scaled(numbers_of(bytes))));
}

TEST(FeatureScale, DoesNotDependOnTheNumberOfThreads) {
  const torch::Tensor features = normal({50021, 1}, {.seed = 4});
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const FeatureScale one = feature_scale(features);
  at::set_num_threads(3);
  const FeatureScale three = feature_scale(features);
  at::set_num_threads(threads);
  EXPECT_TRUE(one.mean.equal(three.mean));
  EXPECT_TRUE(one.deviation.equal(three.deviation));
}

}  // namespace
}  // namespace cebm
