#include <cebm/annealed_importance.h>
#include <cebm/errors.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "support/folder_test.h"
#include "support/quadratic_energy.h"
#include "support/rbm_energy.h"

namespace cebm::annealed_importance_test {
namespace {

constexpr ImageShape kImage{1, 2, 5};

Annealing annealing(BaseDensity base, Engine& engine, std::int64_t stages = 200) {
  Annealing all{.base = std::move(base), .target = potential_of(engine), .stages = {}, .leapfrogs = 3};
  all.stages = plan_stages(all, {.stages = stages});
  return all;
}

BaseDensity broad_gaussian() {
  const auto numbers = kImage.numel();
  return gaussian_base(kImage, {torch::zeros({numbers}), torch::zeros({0, numbers})}, 6.0);
}

/// With mean and covariance of these images, whose covariance is at least 1 in every direction.
BaseDensity fitted_gaussian(const torch::Tensor& images) {
  const torch::Tensor x = images.flatten(1).to(torch::kDouble);
  const torch::Tensor centred = x - x.mean(0);
  const auto [values, vectors] = at::linalg_eigh(centred.t().matmul(centred) / static_cast<double>(x.size(0)));
  const torch::Tensor directions = (vectors * (values - 0.5).clamp_min(1e-3).sqrt()).t();
  return gaussian_base(kImage, {x.mean(0), directions}, 0.5);
}

torch::Tensor numbers(std::int64_t count) { return torch::arange(count, torch::kInt64); }

void expect_within(const LogMean& found, double truth, const char* what) {
  EXPECT_LT(found.standard_error, 0.2) << what << ": or nothing is tested";
  EXPECT_NEAR(found.value, truth, 3.0 * found.standard_error) << what;
}

TEST(AnnealedImportance, FindsTheExactNormaliserOfAnRbmInBothDirections) {
  RbmEnergy energy(kImage, 16);
  const auto engine = make_engine(energy, torch::kCPU);
  const Annealing way = annealing(fitted_gaussian(energy.draw(4000, 3)), *engine, 300);
  const double truth = energy.log_partition() - way.base.log_normalizer;
  expect_within(log_mean(anneal_forward(way, numbers(300)).log_weights), truth, "forward");
  const AnnealedChains back = anneal_back(way, make_chains(energy.draw(300, 4)));
  expect_within(log_mean(back.log_weights), -truth, "reverse");
  EXPECT_GT(back.acceptance, 0.6);
}

// The same energy on [-1, 1]^D, whose integral is a product of error functions.
TEST(AnnealedImportance, FindsTheNormaliserOfAGaussianThatIsCutToTheBox) {
  const double mean = 0.4;
  const double deviation = 0.3;
  QuadraticEnergy energy(kImage, mean, deviation);
  const auto engine = make_engine(energy, torch::kCPU);
  const Annealing way = annealing(uniform_base(kImage), *engine);
  const auto below = [&](double x) { return 0.5 * std::erfc(-(x - mean) / (deviation * std::numbers::sqrt2)); };
  const double one = deviation * std::sqrt(2.0 * std::numbers::pi) * (below(1.0) - below(-1.0));
  const double truth = static_cast<double>(kImage.numel()) * (std::log(one) - std::numbers::ln2);
  expect_within(log_mean(anneal_forward(way, numbers(300)).log_weights), truth, "forward");
  // Exact draws: those of the Gaussian that lie in the box.
  torch::Tensor pool = normal({1, 60000}, {.seed = 8}) * deviation + mean;
  pool = pool.masked_select(pool.abs().le(1.0)).narrow(0, 0, 300 * kImage.numel());
  const AnnealedChains back = anneal_back(way, make_chains(pool.view({300, 1, 2, 5})));
  expect_within(log_mean(back.log_weights), -truth, "reverse");
}

// The mean weight is exact whatever the transitions do: also where many of them are refused.
TEST(AnnealedImportance, HoldsWithStepsThatAreTooLarge) {
  QuadraticEnergy energy(kImage, 0.3, 0.9);
  const auto engine = make_engine(energy, torch::kCPU);
  Annealing way{.base = broad_gaussian(), .target = potential_of(*engine), .stages = {}, .leapfrogs = 2};
  for (int i = 0; i <= 60; ++i) way.stages.push_back({i / 60.0, 1.3});
  const double truth = 0.5 * static_cast<double>(kImage.numel()) * std::log(2.0 * std::numbers::pi * 0.81);
  const AnnealedChains there = anneal_forward(way, numbers(1500));
  EXPECT_LT(there.acceptance, 0.85) << "a fifth of the proposals is refused";
  expect_within(log_mean(there.log_weights), truth - way.base.log_normalizer, "forward");
  const torch::Tensor draws = normal({1500, 10}, {.seed = 6}).view({1500, 1, 2, 5}) * 0.9 + 0.3;
  expect_within(log_mean(anneal_back(way, make_chains(draws)).log_weights), way.base.log_normalizer - truth, "back");
}

// Chains that start far out make log Z too low, though in reverse it should be too high.
TEST(AnnealedImportance, ReverseChainsFromElsewhereAreNoBound) {
  QuadraticEnergy energy(kImage, 0.0, 1.0);
  const auto engine = make_engine(energy, torch::kCPU);
  const Annealing way = annealing(broad_gaussian(), *engine, 20);
  const double truth = 0.5 * static_cast<double>(kImage.numel()) * std::log(2.0 * std::numbers::pi);
  const AnnealedChains back = anneal_back(way, make_chains(torch::full({300, 1, 2, 5}, 3.0)));
  EXPECT_LT(way.base.log_normalizer - log_mean(back.log_weights).value, truth);
}

TEST(AnnealedImportance, AChainsWeightDependsOnItsNumberAlone) {
  RbmEnergy energy(kImage, 4);
  const auto engine = make_engine(energy, torch::kCPU);
  const Annealing way = annealing(broad_gaussian(), *engine, 12);
  const torch::Tensor all = anneal_forward(way, numbers(20)).log_weights;
  const torch::Tensor some = anneal_forward(way, torch::tensor({13, 2}, torch::kInt64)).log_weights;
  EXPECT_TRUE(some.allclose(all.index_select(0, torch::tensor({13, 2})), 0.0, 1e-9));
  EXPECT_TRUE(anneal_forward(way, numbers(20)).log_weights.equal(all));
}

TEST(AnnealedImportance, AnEnergyThatIsTheBaseHasNoSpread) {
  QuadraticEnergy energy(kImage, 0.0, std::sqrt(6.0));
  const auto engine = make_engine(energy, torch::kCPU);
  const Annealing way = annealing(broad_gaussian(), *engine, 5);
  EXPECT_LT(anneal_forward(way, numbers(8)).log_weights.abs().max().item<double>(), 1e-4);
}

TEST(PlanStages, BetaRisesFromZeroToOneInAsManyStagesAsAskedFor) {
  RbmEnergy energy(kImage, 6);
  const auto engine = make_engine(energy, torch::kCPU);
  const std::vector<AnnealingStage> stages = annealing(broad_gaussian(), *engine, 37).stages;
  ASSERT_EQ(stages.size(), 37);
  EXPECT_EQ(stages.front().beta, 0.0);
  EXPECT_EQ(stages.back().beta, 1.0);
  for (std::size_t i = 1; i < stages.size(); ++i) EXPECT_GT(stages[i].beta, stages[i - 1].beta);
}

TEST(GaussianBase, IsTheDensityOfItsMeanDirectionsAndVariance) {
  const torch::Tensor mean = normal({10}, {.seed = 1});
  torch::Tensor directions = torch::zeros({2, 10});
  directions[0][1] = 2.0;
  directions[1][3] = 0.6;
  directions[1][7] = -0.8;
  const BaseDensity base = gaussian_base(kImage, {mean, directions}, 0.5);
  const torch::Tensor covariance = (directions.t().matmul(directions) + 0.5 * torch::eye(10)).to(torch::kDouble);
  const torch::Tensor x = base.draw(numbers(6000), 3, 0);
  // One channel: the order of memory is that of rows.
  const torch::Tensor d = x.flatten(1).to(torch::kDouble) - mean.to(torch::kDouble);
  EXPECT_LT((d.t().matmul(d) / 6000 - covariance).abs().max().item<double>(), 0.25);
  EXPECT_LT(d.mean(0).abs().max().item<double>(), 0.12);
  const torch::Tensor gradient = d.matmul(covariance.inverse());
  const EnergyGradient found = base.potential(x);
  EXPECT_TRUE(found.energies.to(torch::kDouble).allclose((d * gradient).sum(1) / 2, 1e-3, 1e-3));
  EXPECT_TRUE(found.gradient.flatten(1).to(torch::kDouble).allclose(gradient, 1e-3, 1e-3));
  EXPECT_NEAR(base.log_normalizer, 0.5 * (10 * std::log(2 * std::numbers::pi) + covariance.logdet().item<double>()),
              1e-5);
  EXPECT_THROW(gaussian_base(kImage, {mean, directions}, 0.0), std::invalid_argument);
}

TEST(LogMean, HasTheErrorOfTheMeanAndTheEffectiveNumber) {
  const LogMean found = log_mean(torch::tensor({1.0, 3.0}, torch::kDouble).log() + 1000.0);
  EXPECT_NEAR(found.value, 1000 + std::log(2.0), 1e-9);
  EXPECT_NEAR(found.standard_error, std::sqrt(2.0) / (2.0 * std::sqrt(2.0)), 1e-9);
  EXPECT_NEAR(found.effective_samples, 16.0 / 10.0, 1e-9);
  EXPECT_NEAR(found.mean_log, 1000 + std::log(3.0) / 2, 1e-9);
  EXPECT_THROW(log_mean(torch::zeros({1})), std::invalid_argument);
  EXPECT_THROW(log_mean(torch::full({2}, INFINITY)), NumericsError);
}

TEST(AnnealedImportance, StagesThatDoNotRiseFromZeroToOneAreRefused) {
  QuadraticEnergy energy(kImage, 0.0, 1.0);
  const auto engine = make_engine(energy, torch::kCPU);
  Annealing way{.base = broad_gaussian(), .target = potential_of(*engine), .stages = {{0.0, 0.1}, {0.5, 0.1}}};
  EXPECT_THROW(anneal_forward(way, numbers(2)), std::invalid_argument);
  way.stages = {{0.0, 0.1}, {0.7, 0.1}, {0.5, 0.1}, {1.0, 0.1}};
  EXPECT_THROW(anneal_forward(way, numbers(2)), std::invalid_argument);
}

}  // namespace
}  // namespace cebm::annealed_importance_test
