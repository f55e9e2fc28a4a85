#include <cebm/module_state.h>
#include <cebm/run.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "bias/mixture_setting.h"
#include "support/numeric.h"

namespace cebm {
namespace {

class MixtureBiasLaws : public testing::TestWithParam<MixtureCase> {};

TEST_P(MixtureBiasLaws, LogPartitionDifferenceEqualsQuadratureOverZ) {
  for (const std::int64_t latent_dim : {1, 2}) {
    const Setting setting(GetParam(), latent_dim);
    const Points points(latent_dim);
    const torch::Tensor integral = torch::logsumexp(setting.log_joint(points.z), 0) + points.log_cell;
    EXPECT_LT(relative_error(setting.bias.log_partition_difference(setting.statistics), integral), 1e-10) << latent_dim;
  }
}

TEST_P(MixtureBiasLaws, LogPartitionDifferenceIsZeroWithoutStatistics) {
  const Setting setting(GetParam(), 7);
  const torch::Tensor zero = setting.bias.log_partition_difference(torch::zeros_like(setting.statistics));
  EXPECT_EQ(zero.sizes(), (std::vector<std::int64_t>{5}));
  EXPECT_LT(zero.abs().max().item<double>(), 1e-14);
}

TEST_P(MixtureBiasLaws, MeanParametersEqualAutogradOfTheLogPartitionDifference) {
  const Setting setting(GetParam(), 7);
  const torch::Tensor gradient = autograd_gradient(
      [&](const torch::Tensor& t) { return setting.bias.log_partition_difference(t); }, setting.statistics);
  EXPECT_LT(relative_error(setting.bias.mean_parameters(setting.statistics), gradient), 1e-13);
}

TEST_P(MixtureBiasLaws, PosteriorIsBayesRule) {
  for (const std::int64_t latent_dim : {1, 2}) {
    const Setting setting(GetParam(), latent_dim);
    const Points points(latent_dim);
    const torch::Tensor log_joint = setting.log_joint(points.z);
    const torch::Tensor bayes = (log_joint - torch::logsumexp(log_joint, 0) - points.log_cell).exp();
    const LatentDistribution posterior = setting.bias.posterior(setting.statistics);
    const torch::Tensor z = points.z.unsqueeze(1).expand({-1, 5, -1});
    EXPECT_LT(relative_error(posterior.log_prob(z).exp(), bayes), 1e-9) << latent_dim;
  }
}

TEST_P(MixtureBiasLaws, ResponsibilitiesAreBayesRuleOverComponentsAndSumToOne) {
  const Setting setting(GetParam(), 2);
  const torch::Tensor found = setting.bias.posterior(setting.statistics).responsibilities();
  ASSERT_EQ(found.sizes(), (std::vector<std::int64_t>{5, GetParam().components}));
  EXPECT_LT((found.sum(1) - 1.0).abs().max().item<double>(), 1e-14);
  const Points points(2);
  std::vector<torch::Tensor> evidence;  // of each component alone, by quadrature
  for (std::int64_t l = 0; l < GetParam().components; ++l) {
    Setting alone(GetParam(), 2);
    alone.mu = setting.mu.narrow(0, l, 1);
    alone.log_sigma = setting.log_sigma.narrow(0, l, 1);
    alone.statistics = setting.statistics.narrow(1, GetParam().per_component ? l : 0, 1);
    evidence.push_back(torch::logsumexp(alone.log_joint(points.z), 0));
  }
  EXPECT_LT(relative_error(found, torch::softmax(torch::stack(evidence, 1), 1)), 1e-10);
}

TEST_P(MixtureBiasLaws, DistributionIsTheBiasItself) {
  const Setting setting(GetParam(), 1);
  const Points points(1);
  const LatentDistribution distribution = setting.bias.distribution();
  EXPECT_EQ(distribution.log_weights.sizes(), (std::vector<std::int64_t>{1, GetParam().components}));
  Setting untilted(GetParam(), 1);
  untilted.statistics = torch::zeros_like(setting.statistics);
  const torch::Tensor density = distribution.log_prob(points.z.unsqueeze(1)).exp().squeeze(1);
  EXPECT_LT(relative_error(density, untilted.log_joint(points.z).select(1, 0).exp()), 1e-13);
}

TEST_P(MixtureBiasLaws, ParametersAreLearnedThroughTheLogPartitionDifference) {
  const Setting setting(GetParam(), 3);
  const torch::Tensor parameter = setting.bias.parameters()[0];
  setting.bias.log_partition_difference(setting.statistics).sum().backward();
  const torch::Tensor found = parameter.grad();
  // Central differences in each entry.
  const double h = 1e-6;
  torch::Tensor expected = torch::zeros_like(found);
  const torch::NoGradGuard no_graph;
  for (std::int64_t i = 0; i < parameter.numel(); ++i) {
    torch::Tensor entry = parameter.view(-1)[i];
    entry += h;
    const double up = setting.bias.log_partition_difference(setting.statistics).sum().item<double>();
    entry -= 2 * h;
    const double down = setting.bias.log_partition_difference(setting.statistics).sum().item<double>();
    entry += h;
    expected.view(-1)[i] = (up - down) / (2 * h);
  }
  EXPECT_LT(relative_error(found, expected), 1e-7);
}

INSTANTIATE_TEST_SUITE_P(Gaussian, MixtureBiasLaws, testing::ValuesIn(mixture_cases()),
                         [](const auto& which) { return std::string(which.param.name); });

MixtureBias bias_of(const torch::Tensor& parameters, bool learnable, bool per_component = false) {
  return {std::make_shared<GaussianFamily>(), parameters, learnable, per_component};
}

TEST(MixtureBias, EqualComponentsActAsOne) {
  const torch::Tensor one = normal({1, 2, 4}, {.seed = 1}).to(torch::kFloat64);
  const MixtureBias single = bias_of(one, false);
  const MixtureBias five = bias_of(one.expand({5, 2, 4}).clone(), false);
  const torch::Tensor t = -normal({6, 1, 2, 4}, {.seed = 2}).to(torch::kFloat64).abs();
  EXPECT_LT(relative_error(five.log_partition_difference(t), single.log_partition_difference(t)), 1e-13);
  EXPECT_LT(relative_error(five.mean_parameters(t), single.mean_parameters(t)), 1e-13);
  EXPECT_LT(relative_error(five.posterior(t).mean(), single.posterior(t).mean()), 1e-13);
}

TEST(MixtureBias, StaysFiniteWhereComponentsAreHopelesslyUnlikely) {
  // Scores differ by thousands: exponentials of them would overflow.
  const torch::Tensor mu = torch::tensor({-100.0F, 0.0F, 100.0F}).reshape({3, 1}).expand({3, 2});
  const MixtureBias bias = bias_of(torch::stack({mu, torch::zeros_like(mu)}, 1), false);
  const torch::Tensor t = torch::tensor({80.0F, -1e-3F}).reshape({1, 1, 2, 1}).expand({1, 1, 2, 2});
  EXPECT_TRUE(bias.log_partition_difference(t).isfinite().all().item<bool>());
  EXPECT_TRUE(bias.mean_parameters(t).isfinite().all().item<bool>());
  EXPECT_EQ(bias.posterior(t).most_responsible().item<std::int64_t>(), 2);
}

TEST(MixtureBias, UntrainedParametersAreSavedButNotOptimised) {
  const MixtureBias fixed = bias_of(normal({3, 2, 4}, {.seed = 1}), false);
  EXPECT_EQ(fixed.parameters().size(), 0U);
  EXPECT_EQ(fixed.named_buffers().size(), 1U);
  EXPECT_TRUE(module_state(fixed).tensors.contains("parameters"));
  const MixtureBias trained = bias_of(normal({3, 2, 4}, {.seed = 1}), true);
  EXPECT_EQ(trained.named_parameters().size(), 1U);
  EXPECT_EQ(trained.named_buffers().size(), 0U);
  EXPECT_TRUE(module_state(trained).tensors.contains("parameters"));
}

TEST(MixtureBias, ReloadReproducesItExactly) {
  for (const bool learnable : {false, true}) {
    const MixtureBias saved = bias_of(normal({3, 2, 4}, {.seed = 1}), learnable);
    MixtureBias loaded = bias_of(normal({3, 2, 4}, {.seed = 2}), learnable);
    const torch::Tensor t = -normal({6, 1, 2, 4}, {.seed = 3}).abs();
    EXPECT_FALSE(loaded.log_partition_difference(t).equal(saved.log_partition_difference(t)));
    load_module_state(loaded, module_state(saved));
    EXPECT_TRUE(loaded.log_partition_difference(t).equal(saved.log_partition_difference(t)));
  }
}

TEST(MixtureBias, RefusesParametersOfAnotherShape) {
  EXPECT_THROW(bias_of(torch::zeros({2, 4}), false), std::invalid_argument);
  EXPECT_THROW(bias_of(torch::zeros({3, 3, 4}), false), std::invalid_argument);
  EXPECT_THROW(bias_of(torch::zeros({0, 2, 4}), false), std::invalid_argument);
}

TEST(MixtureBias, AsksForOneSetOfStatisticsPerComponentOnlyWhenToldTo) {
  EXPECT_EQ(bias_of(torch::zeros({3, 2, 4}), false, false).statistic_sets(), 1);
  EXPECT_EQ(bias_of(torch::zeros({3, 2, 4}), false, true).statistic_sets(), 3);
  EXPECT_EQ(bias_of(torch::zeros({3, 2, 4}), false).latent_dim(), 4);
}

}  // namespace
}  // namespace cebm
