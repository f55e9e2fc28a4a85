#include <cebm/latent_distribution.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <stdexcept>

#include "support/numeric.h"

namespace cebm {
namespace {

/// Two mixtures (B = 2) of three components (L) in two dimensions (K), float64.
struct Mixture {
  torch::Tensor weights = double_tensor({0.2, 0.5, 0.3, 0.6, 0.1, 0.3}, {2, 3});
  torch::Tensor mu = double_tensor({-2, 0, 1, 0.5, 3, -1, 0, 1, 2, 2, -1, -3}, {2, 3, 2});
  torch::Tensor sigma = double_tensor({0.5, 1, 0.7, 2, 1.5, 0.4, 1, 1, 0.3, 0.8, 2, 0.6}, {2, 3, 2});

  LatentDistribution distribution() const {
    return {std::make_shared<GaussianFamily>(), weights.log(),
            torch::stack({mu / sigma.square(), -0.5 / sigma.square()}, 2)};
  }
  /// The density's textbook formula, z [n, 2] -> [n, B].
  torch::Tensor density(const torch::Tensor& z) const {
    const torch::Tensor u = (z.unsqueeze(1).unsqueeze(1) - mu) / sigma;
    const torch::Tensor factors = torch::exp(-0.5 * u.square()) / (sigma * std::sqrt(2.0 * std::numbers::pi));
    return (weights * factors.prod(-1)).sum(-1);
  }
};

/// All pairs of the points of a coarse grid, [n * n, 2], and the area of a cell.
struct Plane {
  Grid line = fine_grid(-16, 16, 513);
  torch::Tensor points = torch::cartesian_prod({line.points, line.points});
  double area = line.spacing * line.spacing;
};

TEST(LatentDistribution, LogProbIsTheLogOfTheWeightedSumOfNormalDensities) {
  const Mixture mixture;
  const torch::Tensor z = normal({50, 2}, {.seed = 1}).to(torch::kFloat64) * 2.0;
  const torch::Tensor log_prob = mixture.distribution().log_prob(z.unsqueeze(1).expand({50, 2, 2}));
  EXPECT_LT(relative_error(log_prob, mixture.density(z).log()), 1e-13);
}

TEST(LatentDistribution, LogProbGivesEachRowItsOwnMixture) {
  const Mixture mixture;
  const torch::Tensor z = double_tensor({0.3, -0.4, 1.0, 2.0}, {2, 2});
  const torch::Tensor log_prob = mixture.distribution().log_prob(z);
  ASSERT_EQ(log_prob.sizes(), (std::vector<std::int64_t>{2}));
  EXPECT_LT(relative_error(log_prob, mixture.density(z).log().diagonal()), 1e-13);
}

TEST(LatentDistribution, IntegratesToOneAndHasTheMomentsOfTheIntegrals) {
  const Mixture mixture;
  const LatentDistribution distribution = mixture.distribution();
  const Plane plane;
  const torch::Tensor p = distribution.log_prob(plane.points.unsqueeze(1).expand({-1, 2, -1})).exp() * plane.area;
  EXPECT_LT((p.sum(0) - 1.0).abs().max().item<double>(), 1e-10);
  const torch::Tensor mean = p.t().matmul(plane.points);
  const torch::Tensor variance = p.t().matmul(plane.points.square()) - mean.square();
  EXPECT_LT(relative_error(distribution.mean(), mean), 1e-10);
  EXPECT_LT(relative_error(distribution.variance(), variance), 1e-10);
}

TEST(LatentDistribution, ComponentMomentsAreThoseOfTheMostProbableComponent) {
  const Mixture mixture;
  const LatentDistribution distribution = mixture.distribution();
  EXPECT_TRUE(distribution.most_responsible().equal(torch::tensor({1, 0}, torch::kInt64)));
  EXPECT_LT(relative_error(distribution.responsibilities(), mixture.weights), 1e-14);
  EXPECT_LT(relative_error(distribution.component_mean(), torch::stack({mixture.mu[0][1], mixture.mu[1][0]})), 1e-14);
  EXPECT_LT(relative_error(distribution.component_variance(),
                           torch::stack({mixture.sigma[0][1], mixture.sigma[1][0]}).square()),
            1e-14);
}

TEST(LatentDistribution, OneRowOfWeightsServesAllRowsOfParameters) {
  const Mixture mixture;
  LatentDistribution shared = mixture.distribution();
  LatentDistribution spelled_out = shared;
  shared.log_weights = shared.log_weights.narrow(0, 0, 1);
  spelled_out.log_weights = shared.log_weights.expand({2, 3});
  const torch::Tensor z = double_tensor({0.3, -0.4, 1.0, 2.0}, {2, 2});
  EXPECT_TRUE(shared.log_prob(z).equal(spelled_out.log_prob(z)));
  EXPECT_TRUE(shared.mean().equal(spelled_out.mean()));
  EXPECT_TRUE(shared.variance().equal(spelled_out.variance()));
  EXPECT_TRUE(shared.component_mean().equal(spelled_out.component_mean()));
  EXPECT_TRUE(shared.component_variance().equal(spelled_out.component_variance()));
  EXPECT_TRUE(shared.sample({.seed = 4}).equal(spelled_out.sample({.seed = 4})));
}

/// Many rows of the first mixture.
LatentDistribution many(std::int64_t rows) {
  LatentDistribution distribution = Mixture().distribution();
  distribution.log_weights = distribution.log_weights.narrow(0, 0, 1).expand({rows, -1}).contiguous();
  distribution.natural = distribution.natural.narrow(0, 0, 1).expand({rows, -1, -1, -1}).contiguous();
  return distribution;
}

TEST(LatentDistribution, SamplesHaveTheMomentsOfTheMixture) {
  const std::int64_t n = 200000;
  const LatentDistribution distribution = many(n);
  const torch::Tensor z = distribution.sample({.seed = 5});
  const torch::Tensor mean = distribution.mean()[0];
  const torch::Tensor deviation = distribution.variance()[0].sqrt();
  EXPECT_LT(((z.mean(0) - mean) / deviation).abs().max().item<double>(), 4.5 / std::sqrt(static_cast<double>(n)));
  // The variance's standard error comes from the sample's own fourth moment.
  const torch::Tensor squares = (z - mean).square();
  const torch::Tensor error =
      (squares.mean(0) - deviation.square()) / (squares.std(0) / std::sqrt(static_cast<double>(n)));
  EXPECT_LT(error.abs().max().item<double>(), 4.5);
}

TEST(LatentDistribution, SamplesPickComponentsInProportionToTheirWeights) {
  const std::int64_t n = 100000;
  LatentDistribution distribution = many(n);
  // Far apart and narrow, so that a draw tells its component.
  const torch::Tensor mu = double_tensor({-100, 0, 100}, {3, 1}).expand({3, 2});
  distribution.natural =
      torch::stack({mu, torch::full_like(mu, -0.5)}, 1).unsqueeze(0).expand({n, -1, -1, -1}).contiguous();
  const torch::Tensor component = ((distribution.sample({.seed = 6}) + 150.0) / 100.0).floor().to(torch::kInt64);
  EXPECT_TRUE(component.select(1, 0).equal(component.select(1, 1))) << "one component for all dimensions of a row";
  const double expected[] = {0.2, 0.5, 0.3};
  for (std::int64_t l = 0; l < 3; ++l) {
    const double frequency = component.select(1, 0).eq(l).to(torch::kFloat64).mean().item<double>();
    EXPECT_NEAR(frequency, expected[l], 4.5 * std::sqrt(expected[l] * (1 - expected[l]) / static_cast<double>(n)));
  }
}

TEST(LatentDistribution, ARowsDrawDependsOnlyOnItsChain) {
  const torch::Tensor all = many(20).sample({.seed = 7});
  EXPECT_TRUE(many(5).sample({.seed = 7}, /*first_chain=*/12).equal(all.narrow(0, 12, 5)));
  EXPECT_FALSE(all[0].equal(all[1]));
  EXPECT_FALSE(many(20).sample({.seed = 8}).equal(all));
}

TEST(LatentDistribution, AComponentIsThatTermOfTheMixtureAlone) {
  const Mixture mixture;
  const torch::Tensor z = double_tensor({0.3, -0.4, 1.0, 2.0}, {2, 2});
  torch::Tensor density = torch::zeros({2}, torch::kFloat64);
  for (std::int64_t l = 0; l < 3; ++l) {
    const LatentDistribution part = mixture.distribution().component(l);
    EXPECT_EQ(part.components(), 1);
    density += mixture.weights.select(1, l) * part.log_prob(z).exp();
  }
  EXPECT_LT(relative_error(density, mixture.distribution().log_prob(z).exp()), 1e-13);
  EXPECT_THROW(mixture.distribution().component(3), std::invalid_argument);
  EXPECT_THROW(mixture.distribution().component(-1), std::invalid_argument);
}

TEST(LatentDistribution, ExpandDrawsManyRowsOfOneDistribution) {
  const auto family = std::make_shared<GaussianFamily>();
  const LatentDistribution one{
      family, torch::zeros({1, 1}),
      family->natural_from_unconstrained(torch::tensor({2.0F, std::log(0.5F)}).view({1, 1, 2, 1}))};
  const torch::Tensor draws = one.expand(20000).sample({.seed = 1});
  ASSERT_EQ(draws.sizes(), (std::vector<std::int64_t>{20000, 1}));
  EXPECT_NEAR(draws.mean().item<double>(), 2.0, 5 * 0.5 / std::sqrt(20000.0));
  EXPECT_NEAR(draws.std().item<double>(), 0.5, 5 * 0.5 / std::sqrt(40000.0));
}

TEST(LatentDistribution, KlDivergenceSumsOverDimensionsAndIsRefusedForMixtures) {
  const Mixture mixture;
  const LatentDistribution q = mixture.distribution().component(0);
  const LatentDistribution p = mixture.distribution().component(1);
  const torch::Tensor expected = mixture.distribution().family->kl_divergence(q.natural[0][0], p.natural[0][0]).sum();
  EXPECT_DOUBLE_EQ(kl_divergence(q, p)[0].item<double>(), expected.item<double>());
  EXPECT_THROW(kl_divergence(q, mixture.distribution()), std::invalid_argument);
}

TEST(LatentDistribution, DrawsForChainsWhoseNumbersAreNotConsecutive) {
  const torch::Tensor all = many(20).sample({.seed = 7});
  const torch::Tensor chains = torch::tensor({17, 0, 5}, torch::kInt64);
  EXPECT_TRUE(many(3).sample({.seed = 7}, chains).equal(all.index_select(0, chains)));
  EXPECT_TRUE(many(1).sample({.seed = 7}, chains).equal(all.index_select(0, chains))) << "one distribution for all";
  EXPECT_THROW(many(2).sample({.seed = 7}, chains), std::invalid_argument);
}

}  // namespace
}  // namespace cebm
