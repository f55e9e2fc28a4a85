// Spectral normalisation as a projection, against singular values by LibTorch.
#include <ATen/Parallel.h>
#include <ATen/ops/linalg_svdvals.h>
#include <cebm/errors.h>
#include <cebm/optimizer.h>
#include <cebm/random.h>
#include <gtest/gtest.h>

#include <cmath>

namespace cebm::spectral_norm_test {
namespace {

NamedTensors some_weights() {
  return {{"convolution", normal({16, 8, 3, 3}, {.seed = 1}).contiguous(torch::MemoryFormat::ChannelsLast)},
          {"matrix", normal({10, 40}, {.seed = 2})},
          {"small", normal({6, 5}, {.seed = 3}) * 0.01}};
}

double largest(const torch::Tensor& weight) {
  return at::linalg_svdvals(weight.flatten(1).to(torch::kFloat64)).max().item<double>();
}

SpectralNormOptions bounded(double bound) {
  SpectralNormOptions options;
  options.bound = bound;
  return options;
}

TEST(SpectralNorm, BringsEveryWeightDownToTheBoundAndLeavesSmallOnesAlone) {
  const NamedTensors weights = some_weights();
  std::vector<torch::Tensor> before;
  for (const auto& [name, weight] : weights) before.push_back(weight.clone());
  SpectralNorm norm(weights, bounded(1.5), 1);
  double found = 0;
  for (int i = 0; i < 30; ++i) found = norm.project().item<double>();
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(largest(weights[i].second), 1.5, 1e-3) << weights[i].first;
    const double factor = 1.5 / largest(before[i]);
    EXPECT_TRUE(torch::allclose(weights[i].second, before[i] * factor, 1e-2, 1e-4)) << "scaled as a whole";
  }
  EXPECT_NEAR(found, 1.5, 1e-3);
  EXPECT_TRUE(weights[2].second.equal(before[2]));
}

TEST(SpectralNorm, FollowsAWeightThatChangesByOneIterationAStep) {
  const NamedTensors weights{{"w", normal({30, 50}, {.seed = 4})}};
  SpectralNorm norm(weights, bounded(1.0), 1);
  for (std::uint64_t step = 0; step < 200; ++step) {
    weights[0].second.add_(normal({30, 50}, {.seed = 5, .step = step}), 0.002);
    norm.project();
    EXPECT_LT(largest(weights[0].second), step < 20 ? 1.1 : 1.02) << step;
  }
}

TEST(SpectralNorm, MeasuresWhatItFindsBeforeTheProjection) {
  const NamedTensors weights{{"w", torch::diag(torch::tensor({1.0F, 7.0F, 3.0F}))}};
  SpectralNorm norm(weights, bounded(2.0), 1);
  EXPECT_NEAR(norm.project().item<double>(), 7.0, 1e-4);
  EXPECT_TRUE(torch::allclose(weights[0].second, torch::diag(torch::tensor({2.0F / 7, 2.0F, 6.0F / 7})), 1e-4));
}

TEST(SpectralNorm, GoesOnAfterSaveAndLoadAsIfNothingHappened) {
  const NamedTensors straight = some_weights();
  SpectralNorm original(straight, bounded(1.0), 1);
  original.project();
  State state;
  original.save(state);
  NamedTensors copies;
  for (const auto& [name, weight] : straight) copies.emplace_back(name, weight.clone());
  SpectralNorm resumed(copies, bounded(1.0), /*seed=*/2);
  resumed.load(state);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(original.project().equal(resumed.project()));
  for (std::size_t i = 0; i < copies.size(); ++i) EXPECT_TRUE(copies[i].second.equal(straight[i].second));
  EXPECT_THROW(resumed.load({}), CheckpointError);
}

TEST(SpectralNorm, HasTheSameBitsForAnyNumberOfThreads) {
  const int threads = at::get_num_threads();
  std::vector<torch::Tensor> found;
  for (const int count : {1, 3}) {
    at::set_num_threads(count);
    const NamedTensors weights{{"w", normal({512, 2048}, {.seed = 4})}};
    SpectralNorm(weights, bounded(1.0), 1).project();
    found.push_back(weights[0].second);
  }
  at::set_num_threads(threads);
  EXPECT_TRUE(found[0].equal(found[1]));
}

}  // namespace
}  // namespace cebm::spectral_norm_test
