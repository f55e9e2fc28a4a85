#include <cebm/families.h>
#include <cebm/random.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "support/numeric.h"

namespace cebm::gaussian_family_test {
namespace {

const GaussianFamily family;

/// Four distributions, [2, K = 4] in float64, with their means and standard deviations.
struct Cases {
  torch::Tensor mu = double_tensor({0.0, 1.5, -3.0, 0.2}, {4});
  torch::Tensor sigma = double_tensor({1.0, 0.3, 2.0, 4.0}, {4});
  torch::Tensor natural = torch::stack({mu / sigma.square(), -0.5 / sigma.square()});
};

/// exp{lambda . eta(z)} h(z) at the grid's points, [n, K]; from formulas, not from the class.
torch::Tensor unnormalised(const torch::Tensor& natural, const torch::Tensor& z) {
  const torch::Tensor column = z.unsqueeze(1);
  return torch::exp(natural[0] * column + natural[1] * column * column) / std::sqrt(2.0 * std::numbers::pi);
}

TEST(GaussianFamily, LogPartitionIsTheLogOfTheIntegral) {
  const Cases cases;
  const Grid grid = fine_grid();
  const torch::Tensor integral = unnormalised(cases.natural, grid.points).sum(0) * grid.spacing;
  EXPECT_LT((family.log_partition(cases.natural) - integral.log()).abs().max().item<double>(), 1e-12);
}

TEST(GaussianFamily, LogPartitionOfTheStandardNormalIsZero) {
  EXPECT_EQ(family.log_partition(double_tensor({0.0, -0.5}, {2, 1})).item<double>(), 0.0);
}

TEST(GaussianFamily, MeanParametersAreTheGradientOfTheLogPartition) {
  const Cases cases;
  const torch::Tensor gradient =
      autograd_gradient([](const torch::Tensor& natural) { return family.log_partition(natural); }, cases.natural);
  EXPECT_LT(relative_error(family.mean_parameters(cases.natural), gradient), 1e-14);
}

TEST(GaussianFamily, MeanParametersAreTheExpectedSufficientStatistics) {
  const Cases cases;
  const Grid grid = fine_grid();
  const torch::Tensor weights = unnormalised(cases.natural, grid.points);
  const torch::Tensor z = grid.points.unsqueeze(1);
  const torch::Tensor moments = torch::stack({(weights * z).sum(0), (weights * z * z).sum(0)}) / weights.sum(0);
  EXPECT_LT(relative_error(family.mean_parameters(cases.natural), moments), 1e-12);
}

TEST(GaussianFamily, MeanAndVarianceAreThoseTheNaturalParametersWereMadeFrom) {
  const Cases cases;
  EXPECT_LT(relative_error(family.mean(cases.natural), cases.mu), 1e-14);
  EXPECT_LT(relative_error(family.variance(cases.natural), cases.sigma.square()), 1e-14);
}

TEST(GaussianFamily, DensityIsTheNormalDensityAndIntegratesToOne) {
  const Cases cases;
  const Grid grid = fine_grid();
  const torch::Tensor z = grid.points.unsqueeze(1).expand({-1, 4});
  const torch::Tensor log_density = (cases.natural * family.sufficient_statistics(z)).sum(-2) -
                                    family.log_partition(cases.natural) + family.log_base_measure(z);
  const torch::Tensor expected =
      -0.5 * ((z - cases.mu) / cases.sigma).square() - torch::log(cases.sigma * std::sqrt(2.0 * std::numbers::pi));
  EXPECT_LT(relative_error(log_density, expected), 1e-13);
  EXPECT_LT((log_density.exp().sum(0) * grid.spacing - 1.0).abs().max().item<double>(), 1e-12);
}

TEST(GaussianFamily, UnconstrainedParametersAreTheMeanAndTheLogScale) {
  const Cases cases;
  const torch::Tensor parameters = torch::stack({cases.mu, cases.sigma.log()});
  EXPECT_LT(relative_error(family.natural_from_unconstrained(parameters), cases.natural), 1e-14);
}

TEST(GaussianFamily, NaturalParametersStayInTheDomainForAnyUnconstrainedOnes) {
  const torch::Tensor log_sigma = torch::linspace(-20, 20, 401);
  const torch::Tensor natural = family.natural_from_unconstrained(torch::stack({torch::zeros({401}), log_sigma}));
  EXPECT_TRUE((natural[1] < 0).all().item<bool>());
  EXPECT_TRUE(natural.isfinite().all().item<bool>());
  EXPECT_EQ(family.domain(), (std::vector<Domain>{Domain::real, Domain::negative}));
  EXPECT_EQ(family.statistics(), 2);
}

TEST(GaussianFamily, SamplesHaveTheMomentsOfTheirDistribution) {
  const Cases cases;
  const std::int64_t n = 100000;
  const torch::Tensor noise = normal({n, 4}, {.seed = 3}).to(torch::kFloat64);
  const torch::Tensor z = family.from_noise(cases.natural, noise);
  const double root = std::sqrt(static_cast<double>(n));
  // Standard errors: sigma / sqrt(n) of a mean, sqrt(2 / n) of a relative variance; 4.5 of them in 8 comparisons.
  EXPECT_LT(((z.mean(0) - cases.mu) / cases.sigma).abs().max().item<double>(), 4.5 / root);
  EXPECT_LT((z.var(0) / cases.sigma.square() - 1.0).abs().max().item<double>(), 4.5 * std::sqrt(2.0) / root);
}

TEST(GaussianFamily, SamplesAreDifferentiableInTheParameters) {
  // z = mu + sigma eps with mu = -l1 / (2 l2): dz / dl1 = -1 / (2 l2) = sigma^2.
  const Cases cases;
  const torch::Tensor noise = torch::ones({4}, torch::kFloat64);
  const torch::Tensor gradient =
      autograd_gradient([&](const torch::Tensor& natural) { return family.from_noise(natural, noise); }, cases.natural);
  EXPECT_LT(relative_error(gradient[0], cases.sigma.square()), 1e-14);
  // dz / dl2 = l1 / (2 l2^2) + eps sigma^3.
  const torch::Tensor expected = 2.0 * cases.mu * cases.sigma.square() + cases.sigma.pow(3);
  EXPECT_LT(relative_error(gradient[1], expected), 1e-14);
}

TEST(GaussianFamily, LogProbKeepsItsDigitsForNarrowMembersFarFromZero) {
  const torch::Tensor parameters = torch::tensor({3.0F, std::log(1e-3F)}).view({2, 1});
  const torch::Tensor natural = family.natural_from_unconstrained(parameters);
  const torch::Tensor z = torch::tensor({3.001F});
  const double exact =
      -0.5 * std::pow((3.001F - 3.0F) / 1e-3, 2) - std::log(1e-3) - 0.5 * std::log(2 * std::numbers::pi);
  EXPECT_NEAR(family.log_prob(natural, z).item<double>(), exact, 2e-3);
  // The general form subtracts numbers of 10^6 in float32.
  EXPECT_GT(std::abs(family.ExponentialFamily::log_prob(natural, z).item<double>() - exact), 1e-2);
}

TEST(GaussianFamily, LogProbAndKlEqualTheGeneralFormsOfAnExponentialFamily) {
  const auto member = [&](std::uint64_t seed) {
    return family.natural_from_unconstrained(normal({7, 2, 3}, {.seed = seed}).to(torch::kFloat64) * 0.7);
  };
  const torch::Tensor q = member(1);
  const torch::Tensor p = member(2);
  const torch::Tensor z = normal({7, 3}, {.seed = 3}).to(torch::kFloat64);
  EXPECT_LT(relative_error(family.log_prob(q, z), family.ExponentialFamily::log_prob(q, z)), 1e-12);
  EXPECT_LT(relative_error(family.kl_divergence(q, p), family.ExponentialFamily::kl_divergence(q, p)), 1e-12);
}

TEST(GaussianFamily, KlDivergenceEqualsItsIntegral) {
  const torch::Tensor q = family.natural_from_unconstrained(double_tensor({0.8, std::log(0.6)}, {2, 1}));
  const torch::Tensor p = family.natural_from_unconstrained(double_tensor({-0.5, std::log(1.7)}, {2, 1}));
  const Grid grid = fine_grid(-20, 20, 20001);
  const torch::Tensor z = grid.points.unsqueeze(1);
  const torch::Tensor log_q = family.log_prob(q, z);
  const double integral = ((log_q - family.log_prob(p, z)) * log_q.exp()).sum().item<double>() * grid.spacing;
  EXPECT_NEAR(family.kl_divergence(q, p).item<double>(), integral, 1e-10);
  EXPECT_EQ(family.kl_divergence(q, q).item<double>(), 0.0);
}

}  // namespace
}  // namespace cebm::gaussian_family_test
