// (x, z) by alternating the closed-form posterior with Langevin steps on E(x, z).
#include <ATen/Parallel.h>
#include <cebm/joint.h>
#include <cebm/tiles.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "models/build_models.h"
#include "support/numeric.h"

namespace cebm {
namespace {

constexpr ImageShape image{1, 9, 8};

std::shared_ptr<Cebm> mixture_model() { return sharp_model(Head::mixture_per_component, image); }

Chains start(std::int64_t count) { return noise_chains(count, image, /*seed=*/3, torch::kCPU); }

TEST(AdvanceJoint, DrawsTheCodesFromThePosteriorThenMovesTheImagesWithThem) {
  const auto model = mixture_model();
  const auto sampler = make_sgld({});
  Chains chains = start(10);
  Chains by_hand = start(10);
  const torch::NoGradGuard no_graph;
  for (const std::uint64_t step : {40, 43}) {
    torch::Tensor z;
    // In a tile, where LibTorch rounds as in advance_joint's.
    for_each_tile(torch::kCPU, by_hand.x.size(0), [&](const Tile&) {
      z = model->posterior(by_hand.x).sample({5, Stream::latent, step}, by_hand.ids);
    });
    sampler->advance(*energy_given_latent(model, z), by_hand, 3, /*seed=*/5, step);
    const torch::Tensor found = advance_joint(model, *sampler, chains, {.steps = 3}, /*seed=*/5, step);
    EXPECT_TRUE(found.equal(z));
    EXPECT_TRUE(chains.x.equal(by_hand.x));
  }
}

TEST(AdvanceJoint, TwoCallsEqualOne) {
  const auto model = mixture_model();
  const auto sampler = make_sgld({});
  Chains once = start(10);
  Chains twice = start(10);
  const torch::Tensor z = advance_joint(model, *sampler, once, {.sweeps = 5, .steps = 2}, 1, 100);
  advance_joint(model, *sampler, twice, {.sweeps = 3, .steps = 2}, 1, 100);
  EXPECT_TRUE(advance_joint(model, *sampler, twice, {.sweeps = 2, .steps = 2}, 1, 106).equal(z));
  EXPECT_TRUE(once.x.equal(twice.x));
}

TEST(AdvanceJoint, WithoutNoiseLowersEveryImagesEnergyWhileItsCodeIsHeld) {
  const auto model = mixture_model();
  SgldOptions options;
  options.alpha = 0.001;
  options.noise = NoiseScale::fixed;
  options.noise_std = 0.0;
  Chains chains = start(24);
  torch::Tensor before = chains.x.clone();
  std::vector<torch::Tensor> latents;
  advance_joint(model, *make_sgld(options), chains, {.sweeps = 6, .steps = 5}, 1, 0,
                [&](std::int64_t sweep, const Chains& now, const torch::Tensor& z) {
                  const auto energy = energy_given_latent(model, z);
                  EXPECT_TRUE((energy->energy(now.x) < energy->energy(before)).all().item<bool>()) << sweep;
                  before = now.x.clone();
                  latents.push_back(z);
                });
  ASSERT_EQ(latents.size(), 6U);
  EXPECT_FALSE(latents[0].equal(latents[1])) << "a new code every sweep";
}

TEST(AdvanceJoint, MovesAChainByItsNumberInWhateverBatchItIs) {
  const auto model = mixture_model();
  const auto sampler = make_sgld({});
  Chains whole = start(40);
  const torch::Tensor z = advance_joint(model, *sampler, whole, {.sweeps = 3, .steps = 2}, 1, 0);
  // Whole tiles give the same bits; single chains in another order may round differently inside a convolution, and this
  // model makes such differences a hundred times as large. The noise of another chain would be another image.
  const Chains first = start(40);
  Chains tile{first.x.narrow(0, 16, 16).clone(torch::MemoryFormat::ChannelsLast), torch::arange(16, 32)};
  EXPECT_TRUE(advance_joint(model, *sampler, tile, {.sweeps = 3, .steps = 2}, 1, 0).equal(z.narrow(0, 16, 16)));
  EXPECT_TRUE(tile.x.equal(whole.x.narrow(0, 16, 16)));
  const torch::Tensor order = torch::tensor({33, 2, 17}, torch::kInt64);
  Chains some{first.x.index_select(0, order).contiguous(torch::MemoryFormat::ChannelsLast), order.clone()};
  advance_joint(model, *sampler, some, {.sweeps = 3, .steps = 2}, 1, 0);
  EXPECT_LT(relative_error(some.x, whole.x.index_select(0, order)), 1e-2);
  EXPECT_GT(relative_error(some.x, whole.x.narrow(0, 0, 3)), 0.1);
}

TEST(AdvanceJoint, GivesTheSameBitsForAnyNumberOfThreads) {
  const auto model = mixture_model();
  const int threads = at::get_num_threads();
  std::vector<torch::Tensor> results;
  for (const int n : {1, 2, 3}) {
    at::set_num_threads(n);
    Chains chains = start(40);
    const torch::Tensor z = advance_joint(model, *make_sgld({}), chains, {.sweeps = 3, .steps = 2}, 1, 0);
    results.push_back(torch::cat({chains.x.flatten(1), z}, 1));
  }
  at::set_num_threads(threads);
  EXPECT_TRUE(results[0].equal(results[1]));
  EXPECT_TRUE(results[0].equal(results[2]));
}

TEST(AdvanceJoint, TellsItsObserverEverySweepAndReturnsTheLastCodes) {
  const auto model = mixture_model();
  Chains chains = start(4);
  std::vector<std::int64_t> sweeps;
  torch::Tensor seen;
  const torch::Tensor z = advance_joint(model, *make_sgld({}), chains, {.sweeps = 3, .steps = 2}, 1, 0,
                                        [&](std::int64_t sweep, const Chains& now, const torch::Tensor& codes) {
                                          sweeps.push_back(sweep);
                                          seen = codes;
                                          EXPECT_TRUE(now.x.is_same(chains.x));
                                        });
  EXPECT_EQ(sweeps, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_TRUE(seen.equal(z));
  EXPECT_EQ(z.sizes(), (std::vector<std::int64_t>{4, 5}));
}

TEST(AdvanceJoint, RefusesLessThanOneSweepOrStep) {
  const auto model = mixture_model();
  Chains chains = start(2);
  EXPECT_THROW(advance_joint(model, *make_sgld({}), chains, {.sweeps = 0}, 1, 0), std::invalid_argument);
  EXPECT_THROW(advance_joint(model, *make_sgld({}), chains, {.steps = 0}, 1, 0), std::invalid_argument);
}

/// For each pixel on its own t_1 = x + 3/2 and t_2 = -(2 x)^2: independent copies of a model of one pixel and
/// one latent dimension.
class PixelwiseEncoder final : public Encoder {
 public:
  torch::Tensor forward(const torch::Tensor& x) override {
    const torch::Tensor pixels = x.flatten(1);
    return torch::cat({pixels + 1.5, 2.0 * pixels}, 1);
  }
};

/// The mean of independent values minus what it should be, in standard errors of that mean.
double standard_errors(const torch::Tensor& values, double expected) {
  const torch::Tensor sample = values.to(torch::kFloat64).flatten();
  const double error = sample.std().item<double>() / std::sqrt(static_cast<double>(sample.numel()));
  return (sample.mean().item<double>() - expected) / error;
}

TEST(AdvanceJoint, ReachesTheMomentsOfTheJointDensityByQuadrature) {
  // Pixels in [-1, 1]: p(x, z) is known up to a sum over a grid of x, as p(z | x) is normal.
  constexpr ImageShape pixels{1, 8, 8};
  const auto bias =
      std::make_shared<MixtureBias>(std::make_shared<GaussianFamily>(), torch::zeros({1, 2, 64}), false, false);
  const StatisticMaps maps(bias->domain(), find_statistic_map("negative_square"));
  const auto model = std::make_shared<Cebm>(pixels, std::make_shared<PixelwiseEncoder>(), maps, bias);

  const torch::Tensor x = torch::linspace(-1, 1, 20001, torch::kFloat64);
  const torch::Tensor lambda1 = x + 1.5;
  const torch::Tensor lambda2 = -4.0 * x.square() - 0.5;
  const torch::Tensor weight = (-lambda1.square() / (4 * lambda2)).exp() / (-2 * lambda2).sqrt();
  const torch::Tensor p = weight / weight.sum();
  const torch::Tensor mean = -lambda1 / (2 * lambda2);
  const torch::Tensor second = mean.square() - 1 / (2 * lambda2);
  const auto expectation = [&](const torch::Tensor& values) { return (p * values).sum().item<double>(); };

  // Reflection at the edges keeps the density on [-1, 1]. With this step the discretisation's own error, measured with
  // ten times the chains, is at most half a standard error.
  SgldOptions options;
  options.alpha = 0.002;
  options.noise = NoiseScale::sqrt_alpha;
  options.boundary = Boundary::reflect;
  Chains chains = noise_chains(96, pixels, /*seed=*/1, torch::kCPU);
  const torch::Tensor z = advance_joint(model, *make_sgld(options), chains, {.sweeps = 300, .steps = 10}, 2, 0);
  const torch::Tensor pixel = chains.x.flatten(1);
  EXPECT_LT(standard_errors(pixel.square(), 1.0 / 3.0), -15) << "the density must differ from the start's";
  EXPECT_LT(std::abs(standard_errors(pixel, expectation(x))), 4.5);
  EXPECT_LT(std::abs(standard_errors(pixel.square(), expectation(x.square()))), 4.5);
  EXPECT_LT(std::abs(standard_errors(z, expectation(mean))), 4.5);
  EXPECT_LT(std::abs(standard_errors(z.square(), expectation(second))), 4.5);
  EXPECT_LT(std::abs(standard_errors(pixel * z, expectation(x * mean))), 4.5);
}

}  // namespace
}  // namespace cebm
