#include <ATen/Parallel.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <cebm/errors.h>
#include <cebm/sampler.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/statistics.h"
#include "support/quadratic_energy.h"

namespace cebm::sgld_test {
namespace {

constexpr ImageShape image{.channels = 3, .height = 5, .width = 7};

QuadraticEnergy toy() { return {image, 0.25, 0.5}; }

Chains start(std::int64_t count) { return noise_chains(count, image, /*seed=*/3, torch::kCPU); }

SgldOptions fixed_noise(double alpha, double noise) {
  SgldOptions options;
  options.alpha = alpha;
  options.noise = NoiseScale::fixed;
  options.noise_std = noise;
  return options;
}

/// The update written with tensor operations; the boundary and the clip each in their textbook form.
torch::Tensor plain_step(const torch::Tensor& x, torch::Tensor gradient, const torch::Tensor& noise,
                         const SgldOptions& options) {
  const double bound = options.gradient_clip_at;
  if (options.gradient_clip == GradientClip::value) gradient = gradient.clamp(-bound, bound);
  if (options.gradient_clip == GradientClip::norm) {
    const torch::Tensor norm = gradient.flatten(1).square().sum(1).sqrt().view({-1, 1, 1, 1});
    gradient = torch::where(norm > bound, gradient * (bound / norm), gradient);
  }
  const double deviation = options.noise == NoiseScale::fixed ? options.noise_std : std::sqrt(options.alpha);
  torch::Tensor moved = x - options.alpha / 2 * gradient + deviation * noise;
  if (options.boundary == Boundary::clamp) moved = moved.clamp(-1, 1);
  if (options.boundary == Boundary::reflect) moved = 1 - ((moved + 1).remainder(4) - 2).abs();
  if (options.boundary == Boundary::reject) {
    moved = torch::where(moved.abs().flatten(1).amax(1).gt(1).view({-1, 1, 1, 1}), x, moved);
  }
  return moved;
}

struct Variation {
  Boundary boundary;
  GradientClip clip;
  NoiseScale noise;
};

class SgldUpdate : public testing::TestWithParam<Variation> {};

TEST_P(SgldUpdate, EqualsThePlainTensorFormula) {
  SgldOptions options = fixed_noise(0.8, 0.9);  // large enough to cross the boundary often
  options.boundary = GetParam().boundary;
  options.gradient_clip = GetParam().clip;
  options.gradient_clip_at = GetParam().clip == GradientClip::norm ? 25.0 : 1.5;
  options.noise = GetParam().noise;
  QuadraticEnergy model = toy();
  Chains chains = start(6);
  torch::Tensor expected = chains.x.clone();
  for (std::uint64_t t = 0; t < 3; ++t) {
    const torch::Tensor noise = torch::empty_like(expected);
    fill_normal(noise, {11, Stream::langevin, 40 + t}, chains.ids);
    expected = plain_step(expected, model.input_gradient(expected), noise, options);
  }
  make_sgld(options)->advance(model, chains, 3, /*seed=*/11, /*first_step=*/40);
  EXPECT_TRUE(torch::allclose(chains.x, expected, 0, 3e-6)) << (chains.x - expected).abs().max();
  EXPECT_EQ(options.boundary == Boundary::none, chains.x.abs().max().item<double>() > 1.0);
}

INSTANTIATE_TEST_SUITE_P(All, SgldUpdate,
                         testing::Values(Variation{Boundary::none, GradientClip::none, NoiseScale::fixed},
                                         Variation{Boundary::clamp, GradientClip::none, NoiseScale::fixed},
                                         Variation{Boundary::reflect, GradientClip::none, NoiseScale::fixed},
                                         Variation{Boundary::reject, GradientClip::norm, NoiseScale::fixed},
                                         Variation{Boundary::none, GradientClip::value, NoiseScale::fixed},
                                         Variation{Boundary::none, GradientClip::norm, NoiseScale::fixed},
                                         Variation{Boundary::reflect, GradientClip::norm, NoiseScale::sqrt_alpha},
                                         Variation{Boundary::none, GradientClip::none, NoiseScale::sqrt_alpha}));

TEST(Sgld, LeavesAChainWhereItIsIfAPixelWouldLeaveTheBoxAndIsToldToReject) {
  SgldOptions options = fixed_noise(0.002, 0.02);
  options.boundary = Boundary::reject;
  QuadraticEnergy model = toy();
  Chains chains = start(60);
  chains.x.mul_(0.99);
  torch::Tensor expected = chains.x.clone();
  std::int64_t stayed = 0;
  for (std::uint64_t t = 0; t < 5; ++t) {
    const torch::Tensor noise = torch::empty_like(expected);
    fill_normal(noise, {11, Stream::langevin, t}, chains.ids);
    const torch::Tensor moved = plain_step(expected, model.input_gradient(expected), noise, options);
    stayed += moved.eq(expected).flatten(1).all(1).sum().item<std::int64_t>();
    expected = moved;
  }
  make_sgld(options)->advance(model, chains, 5, /*seed=*/11, /*first_step=*/0);
  EXPECT_TRUE(torch::allclose(chains.x, expected, 0, 3e-6));
  EXPECT_GT(stayed, 20);
  EXPECT_LT(stayed, 280);
}

TEST(Sgld, GivesYoungChainsTheNoiseOfTheirAge) {
  SgldOptions options = fixed_noise(0.4, 0.2);
  options.young_calls = 4;
  options.young_noise = 3.0;
  QuadraticEnergy model = toy();
  Chains chains = start(4);
  chains.calls = torch::tensor({0, 1, 4, 9}, torch::kInt64);
  make_sgld(options)->advance(model, chains, 3, 1, 0);
  const double noises[] = {0.6, 0.5, 0.2, 0.2};
  for (std::int64_t row = 0; row < 4; ++row) {
    Chains alone = start(4);
    make_sgld(fixed_noise(0.4, noises[row]))->advance(model, alone, 3, 1, 0);
    EXPECT_TRUE(torch::allclose(chains.x[row], alone.x[row], 0, 1e-6)) << row;
  }
  Chains uncounted = start(4);
  make_sgld(options)->advance(model, uncounted, 3, 1, 0);
  EXPECT_TRUE(torch::equal(uncounted.x[3], chains.x[3])) << "chains that nobody counts are old";
}

TEST(Sgld, AnnealsStepSizeNoiseAndNumberOfStepsOverATraining) {
  SgldOptions options = fixed_noise(0.4, 0.2);
  options.steps = 10;
  for (AnnealingOptions* const schedule :
       {&options.alpha_over_training, &options.noise_over_training, &options.steps_over_training}) {
    schedule->kind = AnnealingKind::linear;
  }
  options.alpha_over_training.final = 0.5;
  options.noise_over_training.final = 0.1;
  options.steps_over_training.final = 1.5;
  const auto sampler = make_sgld(options);
  EXPECT_EQ(sampler->default_steps(), 10);
  EXPECT_EQ(sampler->most_steps(), 15);
  sampler->set_progress(100, 101);
  EXPECT_EQ(sampler->default_steps(), 15);
  QuadraticEnergy model = toy();
  Chains annealed = start(4);
  Chains by_hand = start(4);
  sampler->advance(model, annealed, 5, 1, 0);
  make_sgld(fixed_noise(0.2, 0.02))->advance(model, by_hand, 5, 1, 0);
  EXPECT_TRUE(torch::equal(annealed.x, by_hand.x));
}

/// x' = mu + (1 - a / (2 s^2)) (x - mu) + sigma eps has variance sigma^2 / (1 - (1 - a / (2 s^2))^2).
void expect_stationary(const SgldOptions& options, double noise) {
  constexpr ImageShape pixels{.channels = 1, .height = 8, .width = 8};
  constexpr double mean = -0.4;
  constexpr double deviation = 0.7;
  QuadraticEnergy model(pixels, mean, deviation);
  Chains chains = noise_chains(1000, pixels, /*seed=*/5, torch::kCPU);
  make_sgld(options)->advance(model, chains, 40, /*seed=*/6, /*first_step=*/0);
  const double contraction = 1 - options.alpha / (2 * deviation * deviation);
  ASSERT_LT(std::pow(std::abs(contraction), 40), 1e-5) << "the start must be forgotten";
  const double variance = noise * noise / (1 - contraction * contraction);
  const std::vector<double> sample = values_of(chains.x);
  const auto n = static_cast<double>(sample.size());
  const Moments moments = moments_of(sample);
  EXPECT_NEAR(moments.mean, mean, 4 * std::sqrt(variance / n));
  EXPECT_NEAR(moments.variance, variance, 4 * variance * std::sqrt(2 / n));
}

TEST(Sgld, ReachesTheMeanAndVarianceThatItsDiscretisationPredicts) {
  SgldOptions options;
  options.alpha = 0.3;
  options.noise = NoiseScale::sqrt_alpha;
  expect_stationary(options, std::sqrt(0.3));
}

TEST(Sgld, ReachesThemAtItsTemperature) {
  SgldOptions options;
  options.alpha = 0.3;
  options.noise = NoiseScale::sqrt_alpha;
  options.temperature = 0.2;
  expect_stationary(options, std::sqrt(0.2 * 0.3));
}

TEST(Sgld, WithFixedNoiseReachesTheMeanAndVarianceThatItsDiscretisationPredicts) {
  expect_stationary(fixed_noise(0.5, 0.05), 0.05);
}

TEST(Sgld, TwoRunsOfTenStepsEqualOneOfTwenty) {
  QuadraticEnergy model = toy();
  const auto sampler = make_sgld({});
  Chains once = start(4);
  Chains twice = start(4);
  sampler->advance(model, once, 20, 1, 100);
  sampler->advance(model, twice, 10, 1, 100);
  sampler->advance(model, twice, 10, 1, 110);
  EXPECT_TRUE(torch::equal(once.x, twice.x));
}

TEST(Sgld, MovesAChainTheSameWayInEveryBatchAndOrder) {
  QuadraticEnergy model = toy();
  const auto sampler = make_sgld({});
  Chains all = start(9);
  const torch::Tensor order = torch::tensor({7, 0, 4}, torch::kInt64);
  Chains some{all.x.index_select(0, order).contiguous(torch::MemoryFormat::ChannelsLast), order.clone()};
  sampler->advance(model, all, 5, 1, 0);
  sampler->advance(model, some, 5, 1, 0);
  EXPECT_TRUE(torch::equal(some.x, all.x.index_select(0, order)));
}

TEST(Sgld, GivesTheSameBitsForAnyNumberOfThreads) {
  constexpr ImageShape large{.channels = 3, .height = 32, .width = 32};
  QuadraticEnergy model(large, 0, 1);
  const int threads = at::get_num_threads();
  std::vector<torch::Tensor> results;
  for (const int n : {1, 2, 3}) {
    at::set_num_threads(n);
    Chains chains = noise_chains(20, large, 1, torch::kCPU);
    make_sgld({})->advance(model, chains, 3, 1, 0);
    results.push_back(chains.x);
  }
  at::set_num_threads(threads);
  EXPECT_TRUE(torch::equal(results[0], results[1]));
  EXPECT_TRUE(torch::equal(results[0], results[2]));
}

TEST(Sgld, MultipliesAlphaAndNoiseByTheirSchedules) {
  SgldOptions options = fixed_noise(0.4, 0.2);
  options.step_schedule.kind = ScheduleKind::linear;
  options.step_schedule.final = 0.2;
  options.noise_schedule.kind = ScheduleKind::polynomial;
  QuadraticEnergy model = toy();
  Chains scheduled = start(4);
  Chains by_hand = start(4);
  make_sgld(options)->advance(model, scheduled, 5, 1, 0);
  for (std::int64_t t = 0; t < 5; ++t) {
    const SgldOptions one =
        fixed_noise(0.4 * options.step_schedule.factor(t, 5), 0.2 * options.noise_schedule.factor(t, 5));
    make_sgld(one)->advance(model, by_hand, 1, 1, static_cast<std::uint64_t>(t));
  }
  EXPECT_TRUE(torch::equal(scheduled.x, by_hand.x));
}

TEST(Sgld, ShowsItsObserverEveryStepInOrder) {
  QuadraticEnergy model = toy();
  Chains chains = start(2);
  torch::Tensor previous = chains.x.clone();
  std::vector<std::int64_t> steps;
  make_sgld({})->advance(model, chains, 3, 1, 0, [&](std::int64_t step, const Chains& seen) {
    steps.push_back(step);
    EXPECT_FALSE(torch::equal(seen.x, previous));
    previous = seen.x.clone();
  });
  EXPECT_EQ(steps, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_TRUE(torch::equal(previous, chains.x));
}

TEST(Sgld, LeavesChainsAloneForZeroStepsAndRefusesFewer) {
  QuadraticEnergy model = toy();
  Chains chains = start(2);
  make_sgld({})->advance(model, chains, 0, 1, 0);
  EXPECT_TRUE(torch::equal(chains.x, start(2).x));
  EXPECT_THROW(make_sgld({})->advance(model, chains, -1, 1, 0), std::invalid_argument);
}

TEST(Sgld, MovesNothingWhereTheGradientAndTheNoiseAreZero) {
  // The norm clip must not divide 0 by 0.
  SgldOptions options = fixed_noise(0.4, 0.0);
  options.gradient_clip = GradientClip::norm;
  QuadraticEnergy model = toy();
  Chains chains = make_chains(torch::full({2, 3, 5, 7}, 0.25));
  make_sgld(options)->advance(model, chains, 2, 1, 0);
  EXPECT_TRUE((chains.x == 0.25).all().item<bool>());
}

TEST(Sgld, RefusesChainsThatAreNotChannelsLast) {
  QuadraticEnergy model = toy();
  Chains chains = start(2);
  chains.x = chains.x.contiguous();
  EXPECT_THROW(make_sgld({})->advance(model, chains, 1, 1, 0), std::invalid_argument);
}

TEST(Sgld, PassesNotANumberOnInsteadOfHidingIt) {
  SgldOptions options;
  options.boundary = Boundary::clamp;
  options.gradient_clip = GradientClip::value;
  QuadraticEnergy model(image, std::numeric_limits<double>::quiet_NaN(), 1.0);
  Chains chains = start(2);
  make_sgld(options)->advance(model, chains, 1, 1, 0);
  EXPECT_TRUE(chains.x.isnan().all().item<bool>());
}

TEST(MakeChains, CopiesImagesOfAnyLayout) {
  const torch::Tensor images = torch::arange(24, torch::kFloat64).view({2, 3, 2, 2});
  Chains chains = make_chains(images);
  EXPECT_TRUE(chains.x.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(torch::equal(chains.x.to(torch::kFloat64), images));
  EXPECT_TRUE(torch::equal(chains.ids, torch::arange(2)));
  const torch::Tensor already = chains.x;
  make_chains(already).x.zero_();
  EXPECT_TRUE(torch::equal(already.to(torch::kFloat64), images));
}

TEST(NoiseChains, AreUniformOnThePixelRange) {
  const std::vector<double> sample = values_of(noise_chains(100, {1, 28, 28}, 9, torch::kCPU).x);
  const auto cdf = [](double x) { return (x + 1) / 2; };
  EXPECT_LT(kolmogorov_distance(sample, cdf), 2.23 / std::sqrt(static_cast<double>(sample.size())));
}

TEST(Sgld, RefusesMoreStepsOverTheTrainingThanASettingMayHave) {
  SgldOptions options;
  options.steps = 20;
  options.steps_over_training.kind = AnnealingKind::steps;
  options.steps_over_training.at = {2, 4, 6};
  options.steps_over_training.by = 1000.0;
  EXPECT_THROW(make_sgld(options), ConfigError);
  options.steps_over_training.by = 2.0;
  EXPECT_EQ(make_sgld(options)->most_steps(), 160);
}

TEST(StationaryTemperature, FollowsTheFactorsOverTheTraining) {
  SgldOptions options = fixed_noise(0.5, 0.1);
  options.alpha_over_training.kind = AnnealingKind::linear;
  options.alpha_over_training.final = 0.5;
  options.noise_over_training.kind = AnnealingKind::steps;
  options.noise_over_training.at = {10};
  options.noise_over_training.by = 0.2;
  EXPECT_DOUBLE_EQ(options.stationary_temperature(0, 21), 0.1 * 0.1 / 0.5);
  EXPECT_NEAR(options.stationary_temperature(10, 21), 0.02 * 0.02 / (0.5 * 0.75), 1e-15);
  options.noise = NoiseScale::sqrt_alpha;
  options.temperature = 3.0;
  EXPECT_DOUBLE_EQ(options.stationary_temperature(0, 21), 3.0);
  EXPECT_NEAR(options.stationary_temperature(10, 21), 3.0 * 0.04, 1e-15) << "alpha's factor is in the noise as well";
}

TEST(StationaryTemperature, IsZeroWithoutNoiseOrSteps) {
  EXPECT_EQ(fixed_noise(0.5, 0.0).stationary_temperature(0, 21), 0.0);
  SgldOptions still = fixed_noise(0.5, 0.1);
  still.alpha_over_training.kind = AnnealingKind::steps;
  still.alpha_over_training.at = {5};
  still.alpha_over_training.by = 0.0;
  EXPECT_EQ(still.stationary_temperature(5, 20), 0.0);
}

TEST(Schedule, HasTheDocumentedFactors) {
  ScheduleOptions schedule;
  EXPECT_EQ(schedule.factor(7, 10), 1.0);
  schedule.kind = ScheduleKind::linear;
  schedule.final = 0.5;
  EXPECT_DOUBLE_EQ(schedule.factor(0, 11), 1.0);
  EXPECT_DOUBLE_EQ(schedule.factor(5, 11), 0.75);
  EXPECT_DOUBLE_EQ(schedule.factor(10, 11), 0.5);
  EXPECT_EQ(schedule.factor(0, 1), 1.0);
  schedule.kind = ScheduleKind::polynomial;
  schedule.offset = 2.0;
  schedule.power = 0.5;
  EXPECT_DOUBLE_EQ(schedule.factor(0, 11), 1.0);
  EXPECT_DOUBLE_EQ(schedule.factor(6, 11), 0.5);
}

}  // namespace
}  // namespace cebm::sgld_test
