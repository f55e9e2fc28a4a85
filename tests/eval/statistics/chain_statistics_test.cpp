#include <cebm/chain_statistics.h>
#include <cebm/errors.h>
#include <cebm/random.h>
#include <gtest/gtest.h>

#include <cmath>

namespace cebm::chain_statistics_test {
namespace {

/// x_t = phi x_t-1 + sqrt(1 - phi^2) e_t, stationary N(0, 1); [chains, N].
torch::Tensor autoregressive(std::int64_t chains, std::int64_t length, double phi, std::uint64_t seed = 1) {
  const torch::Tensor noise = normal({chains, length}, {.seed = seed}).to(torch::kDouble);
  const torch::Tensor x = noise.clone();
  for (std::int64_t t = 1; t < length; ++t) {
    x.select(1, t).copy_(phi * x.select(1, t - 1) + std::sqrt(1.0 - phi * phi) * noise.select(1, t));
  }
  return x;
}

class AutoregressiveChains : public testing::TestWithParam<double> {};

// The mean of N draws has the variance of N (1 - phi) / (1 + phi) independent ones.
TEST_P(AutoregressiveChains, HaveTheEffectiveSampleSizeThatIsKnown) {
  const double phi = GetParam();
  const double truth = 8.0 * 4000.0 * (1.0 - phi) / (1.0 + phi);
  const Mixing found = mixing_of(autoregressive(8, 4000, phi));
  EXPECT_NEAR(*found.effective_samples / truth, 1.0, 0.15);
  EXPECT_NEAR(*found.r_hat, 1.0, 0.01);
}

TEST_P(AutoregressiveChains, HaveTheAutocorrelationThatIsKnown) {
  const std::vector<double> found = autocorrelation(autoregressive(8, 4000, GetParam()), 5);
  ASSERT_EQ(found.size(), 6);
  for (std::size_t lag = 0; lag < found.size(); ++lag) {
    EXPECT_NEAR(found[lag], std::pow(GetParam(), static_cast<double>(lag)), 0.05) << lag;
  }
}

INSTANTIATE_TEST_SUITE_P(Coefficients, AutoregressiveChains, testing::Values(0.0, 0.5, 0.9, -0.4),
                         [](const auto& instance) { return "Case" + std::to_string(instance.index); });

// Four half chains, two of mean a and two of mean -a: B / n is 4 a^2 / 3.
TEST(SplitRHat, OfShiftedChainsIsThatOfTheirMeans) {
  const double shift = 0.8;
  torch::Tensor draws = autoregressive(2, 4000, 0.0);
  draws[0] += shift;
  draws[1] -= shift;
  const Mixing found = mixing_of(draws);
  EXPECT_NEAR(*found.r_hat, std::sqrt(1.0 + 4.0 * shift * shift / 3.0), 0.03);
  EXPECT_LT(*found.effective_samples, 20.0) << "chains that disagree are worth as few draws as there are chains";
}

TEST(SplitRHat, OfAChainThatDriftsIsLarge) {
  EXPECT_GT(*mixing_of(torch::linspace(0, 1, 100, torch::kDouble).unsqueeze(0)).r_hat, 1.5);
}

TEST(Mixing, OfChainsThatDoNotMoveIsUnknown) {
  const Mixing found = mixing_of(torch::ones({3, 20}));
  EXPECT_FALSE(found.r_hat);
  EXPECT_FALSE(found.effective_samples);
  EXPECT_TRUE(autocorrelation(torch::ones({3, 20}), 5).empty());
}

TEST(Mixing, WantsEightFiniteDrawsOfEachChain) {
  EXPECT_THROW(mixing_of(torch::zeros({3, 7})), std::invalid_argument);
  EXPECT_THROW(mixing_of(torch::zeros({9})), std::invalid_argument);
  EXPECT_THROW(mixing_of(torch::full({1, 9}, NAN)), NumericsError);
}

}  // namespace
}  // namespace cebm::chain_statistics_test
