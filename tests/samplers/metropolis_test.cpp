// Metropolis-adjusted transitions: the rule itself against the textbook's, and the densities that they must keep.
#include <ATen/Parallel.h>
#include <cebm/metropolis.h>
#include <cebm/sampler.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "core/statistics.h"
#include "support/numeric.h"
#include "support/quadratic_energy.h"
#include "support/rbm_energy.h"

namespace cebm::metropolis_test {
namespace {

constexpr ImageShape kPixel{.channels = 1, .height = 1, .width = 1};

Potential of_model(EnergyModel& model, double temperature = 1.0) {
  return [&model, temperature](const torch::Tensor& x) {
    const auto [energies, gradient] = model.energy_and_gradient(x);
    return EnergyGradient{energies / temperature, gradient / temperature};
  };
}

/// `count` chains at independent N(mean, deviation^2) pixels.
Chains normal_chains(std::int64_t count, ImageShape image, double mean = 0.0, double deviation = 1.0) {
  Chains chains = noise_chains(count, image, 3, torch::kCPU);
  fill_normal(chains.x, {.seed = 77}, chains.ids);
  chains.x.mul_(deviation).add_(mean);
  return chains;
}

TEST(MalaTransition, ProposesAndAcceptsAsTheTextbookSays) {
  constexpr ImageShape image{.channels = 2, .height = 3, .width = 2};
  constexpr double alpha = 0.4;
  RbmEnergy model(image, /*hidden=*/5);
  Chains chains = normal_chains(50, image);
  const torch::Tensor x = chains.x.clone();
  EnergyGradient here = of_model(model)(chains.x);
  const Transition found = mala_transition(of_model(model), chains, here, alpha, Walls::none, {.seed = 5, .step = 9});

  torch::Tensor noise = torch::empty_like(x);
  fill_normal(noise, {5, Stream::langevin, 9}, chains.ids);
  const auto mean_from = [&](const torch::Tensor& from) { return from - alpha / 2 * model.input_gradient(from); };
  const torch::Tensor y = mean_from(x) + std::sqrt(alpha) * noise;
  const auto log_density = [&](const torch::Tensor& to, const torch::Tensor& from) {
    return -(to - mean_from(from)).square().flatten(1).sum(1) / (2 * alpha);
  };
  const torch::Tensor log_ratio = model.energy(x) - model.energy(y) + log_density(x, y) - log_density(y, x);
  EXPECT_TRUE(torch::allclose(found.probability, log_ratio.clamp_max(0).exp(), 1e-4, 1e-5));
  EXPECT_GT(found.probability.std().item<double>(), 0.05) << "the setting must tell rules apart";
  torch::Tensor unit = torch::empty({50});
  fill_uniform(unit, {5, Stream::acceptance, 9}, chains.ids);
  EXPECT_TRUE(found.accepted.equal(unit.lt(found.probability)));
  EXPECT_TRUE(torch::allclose(chains.x, torch::where(found.accepted.view({-1, 1, 1, 1}), y, x), 1e-6, 1e-6));
  EXPECT_TRUE(torch::allclose(here.energies, model.energy(chains.x), 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(here.gradient, model.input_gradient(chains.x), 1e-5, 1e-5));
}

/// The mean of min(1, exp{-dH}) for x and p of N(0, 1) each, by the trapezoid rule.
double exact_acceptance(double size, std::int64_t leapfrogs) {
  constexpr int kPoints = 1201;
  constexpr double kEnd = 6.0;
  constexpr double kSpacing = 2 * kEnd / (kPoints - 1);
  double sum = 0;
  for (int i = 0; i < kPoints; ++i) {
    for (int j = 0; j < kPoints; ++j) {
      const double x = -kEnd + i * kSpacing;
      const double p = -kEnd + j * kSpacing;
      double y = x;
      double q = p;
      for (std::int64_t step = 0; step < leapfrogs; ++step) {
        q -= size / 2 * y;
        y += size * q;
        q -= size / 2 * y;
      }
      const double before = (x * x + p * p) / 2;
      sum += std::exp(-before) * std::min(1.0, std::exp(before - (y * y + q * q) / 2));
    }
  }
  return sum * kSpacing * kSpacing / (2 * std::numbers::pi);
}

TEST(HmcTransition, AcceptsStepsInAGaussianAsOftenAsQuadratureSays) {
  QuadraticEnergy model(kPixel, 0.0, 1.0);
  for (const HamiltonianStep step : {HamiltonianStep{.size = 1.2}, HamiltonianStep{.size = 1.5, .leapfrogs = 3}}) {
    constexpr std::int64_t count = 100000;
    Chains chains = normal_chains(count, kPixel);
    EnergyGradient here = of_model(model)(chains.x);
    const Transition found = hmc_transition(of_model(model), chains, here, step, {.seed = 2});
    const double exact = exact_acceptance(step.size, step.leapfrogs);
    EXPECT_LT(exact, 0.95) << "the setting must reject something";
    const double error = std::sqrt(exact * (1 - exact) / count);
    EXPECT_NEAR(found.accepted.to(torch::kFloat64).mean().item<double>(), exact, 4 * error);
    EXPECT_NEAR(found.probability.to(torch::kFloat64).mean().item<double>(), exact, 4 * error);
  }
}

TEST(HmcTransition, AcceptsAlmostAllSmallSteps) {
  constexpr ImageShape image{.channels = 1, .height = 4, .width = 4};
  RbmEnergy model(image, 6);
  Chains chains = normal_chains(2000, image);
  EnergyGradient here = of_model(model)(chains.x);
  const auto acceptance = [&](double size) {
    return hmc_transition(of_model(model), chains, here, {.size = size, .leapfrogs = 5}, {.seed = 2})
        .probability.mean()
        .item<double>();
  };
  EXPECT_GT(acceptance(0.02), 0.999);
  EXPECT_LT(acceptance(1.5), 0.7);
}

/// How far mean and variance are from those of N(mean, deviation^2) after a transition that began there, in standard
/// errors.
double gaussian_deviation(const Potential& potential, const HamiltonianStep& step, double mean, double deviation) {
  constexpr ImageShape image{.channels = 1, .height = 2, .width = 2};
  Chains chains = normal_chains(40000, image, mean, deviation);
  EnergyGradient here = potential(chains.x);
  (void)hmc_transition(potential, chains, here, step, {.seed = 8});
  const std::vector<double> sample = values_of(chains.x);
  const Moments moments = moments_of(sample);
  const auto n = static_cast<double>(sample.size());
  const double variance = deviation * deviation;
  return std::max(std::abs(moments.mean - mean) / std::sqrt(variance / n),
                  std::abs(moments.variance - variance) / (variance * std::sqrt(2 / n)));
}

constexpr HamiltonianStep kCoarse[] = {{.size = 0.6}, {.size = 0.5, .leapfrogs = 4}};

TEST(HmcTransition, KeepsAGaussianAtAnyTemperature) {
  QuadraticEnergy model({1, 2, 2}, 0.3, 0.5);
  for (const HamiltonianStep& step : kCoarse) {
    EXPECT_LT(gaussian_deviation(of_model(model), step, 0.3, 0.5), 4.5);
    EXPECT_LT(gaussian_deviation(of_model(model, 2.0), step, 0.3, 0.5 * std::sqrt(2.0)), 4.5);
  }
}

TEST(HmcTransition, FailsThatLawWithAWrongRule) {
  QuadraticEnergy model({1, 2, 2}, 0.3, 0.5);
  const Potential forgets_the_energy = [&](const torch::Tensor& x) {
    return EnergyGradient{torch::zeros({x.size(0)}), model.input_gradient(x)};
  };
  const Potential exchanges_before_and_after = [&](const torch::Tensor& x) {
    return EnergyGradient{-model.energy(x), model.input_gradient(x)};
  };
  for (const HamiltonianStep& step : kCoarse) {
    EXPECT_GT(gaussian_deviation(forgets_the_energy, step, 0.3, 0.5), 6);
    EXPECT_GT(gaussian_deviation(exchanges_before_and_after, step, 0.3, 0.5), 6);
  }
}

TEST(HmcTransition, ReachesTheMomentsOfARestrictedBoltzmannMachine) {
  constexpr ImageShape image{.channels = 1, .height = 2, .width = 2};
  constexpr std::int64_t count = 20000;
  RbmEnergy model(image, 4);
  const auto [mean, second] = model.moments();
  for (const HamiltonianStep step : {HamiltonianStep{.size = 0.8}, HamiltonianStep{.size = 0.6, .leapfrogs = 3}}) {
    Chains chains = normal_chains(count, image);
    EnergyGradient here = of_model(model)(chains.x);
    for (std::uint64_t t = 0; t < 120; ++t) {
      (void)hmc_transition(of_model(model), chains, here, step, {.seed = 4, .step = t});
    }
    const torch::Tensor x = chains.x.flatten(1).to(torch::kFloat64);
    const torch::Tensor products = (x.unsqueeze(2) * x.unsqueeze(1)).flatten(1);
    const auto errors = [&](const torch::Tensor& found, const torch::Tensor& exact) {
      const torch::Tensor standard = found.std(0) / std::sqrt(static_cast<double>(count));
      return ((found.mean(0) - exact) / standard).abs().max().item<double>();
    };
    EXPECT_LT(errors(x, mean), 4.5);
    EXPECT_LT(errors(products, second.flatten()), 4.5);
  }
}

/// Mean square of N(0, deviation^2) restricted to [-1, 1].
double truncated_variance(double deviation) {
  const double a = 1 / deviation;
  const double density = std::exp(-a * a / 2) / std::sqrt(2 * std::numbers::pi);
  return deviation * deviation * (1 - 2 * a * density / (2 * normal_cdf(a) - 1));
}

class Wall : public testing::TestWithParam<Walls> {};

TEST_P(Wall, KeepsChainsInsideAndTheDensityAsItIsThere) {
  constexpr double deviation = 0.8;
  QuadraticEnergy model({1, 1, 2}, 0.0, deviation);
  for (const std::int64_t leapfrogs : {1, 4}) {
    Chains chains = noise_chains(40000, {1, 1, 2}, 3, torch::kCPU);
    EnergyGradient here = of_model(model)(chains.x);
    for (std::uint64_t t = 0; t < 60; ++t) {
      (void)hmc_transition(of_model(model), chains, here, {.size = 0.7, .leapfrogs = leapfrogs, .walls = GetParam()},
                           {.seed = 4, .step = t});
    }
    EXPECT_LE(chains.x.abs().max().item<double>(), 1.0);
    const std::vector<double> sample = values_of(chains.x);
    const auto n = static_cast<double>(sample.size());
    const auto cdf = [&](double x) {
      const double low = normal_cdf(-1 / deviation);
      return (normal_cdf(x / deviation) - low) / (1 - 2 * low);
    };
    EXPECT_LT(kolmogorov_distance(sample, cdf), 2.23 / std::sqrt(n));
    EXPECT_NEAR(moments_of(sample).variance, truncated_variance(deviation), 0.01);
  }
}

INSTANTIATE_TEST_SUITE_P(Both, Wall, testing::Values(Walls::reject, Walls::reflect));

TEST(HmcTransition, RefusesWhatIsNoNumber) {
  QuadraticEnergy model(kPixel, 0.0, 1.0);
  Chains chains = normal_chains(20, kPixel);
  const torch::Tensor before = chains.x.clone();
  EnergyGradient here = of_model(model)(chains.x);
  const Potential broken = [&](const torch::Tensor& x) {
    return EnergyGradient{torch::full({x.size(0)}, std::numeric_limits<float>::quiet_NaN()), model.input_gradient(x)};
  };
  const Transition found = hmc_transition(broken, chains, here, {.size = 0.1}, {});
  EXPECT_FALSE(found.accepted.any().item<bool>());
  EXPECT_TRUE(chains.x.equal(before));
  EXPECT_TRUE(here.energies.isfinite().all().item<bool>());
}

TEST(HmcTransition, RefusesStepsThatAreNone) {
  QuadraticEnergy model(kPixel, 0.0, 1.0);
  Chains chains = normal_chains(2, kPixel);
  EnergyGradient here = of_model(model)(chains.x);
  EXPECT_THROW((void)hmc_transition(of_model(model), chains, here, {.size = 0.0}, {}), std::invalid_argument);
  EXPECT_THROW((void)hmc_transition(of_model(model), chains, here, {.leapfrogs = 0}, {}), std::invalid_argument);
  EXPECT_THROW((void)mala_transition(of_model(model), chains, here, std::nan(""), Walls::none, {}),
               std::invalid_argument);
}

TEST(HmcTransition, MovesAChainAlikeInEveryBatchAndWithAnyNumberOfThreads) {
  constexpr ImageShape image{.channels = 3, .height = 16, .width = 16};
  RbmEnergy model(image, 3);
  const auto engine = make_engine(model, torch::kCPU);
  const Potential potential = potential_of(*engine, 0.5);
  const auto moved = [&](Chains chains) {
    EnergyGradient here = potential(chains.x);
    for (std::uint64_t t = 0; t < 3; ++t) {
      (void)hmc_transition(potential, chains, here, {.size = 0.03, .leapfrogs = 2}, {.seed = 4, .step = t});
    }
    return chains.x;
  };
  const Chains start = normal_chains(40, image);
  const auto copy = [&] { return Chains{start.x.clone(), start.ids.clone()}; };
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const torch::Tensor all = moved(copy());
  at::set_num_threads(3);
  EXPECT_TRUE(moved(copy()).equal(all));
  at::set_num_threads(threads);
  const torch::Tensor chosen = torch::tensor({17, 0, 33}, torch::kInt64);
  const Chains some{start.x.index_select(0, chosen).contiguous(torch::MemoryFormat::ChannelsLast), chosen};
  EXPECT_TRUE(moved(some).equal(all.index_select(0, chosen)));
  EXPECT_FALSE(all.equal(start.x));
}

}  // namespace
}  // namespace cebm::metropolis_test
