// What conjugate EBMs with these biases recover: models that others have defined and named.
#include <cebm/bias.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "support/numeric.h"

namespace cebm::identities_test {
namespace {

using torch::Tensor;

Tensor doubles(torch::IntArrayRef shape, std::uint64_t seed) {
  return normal(shape, {.seed = seed}).to(torch::kFloat64);
}

MixtureBias single(std::shared_ptr<const ExponentialFamily> family, const Tensor& parameters) {
  return {std::move(family), parameters.unsqueeze(0), /*learnable=*/false, /*per_component=*/false};
}

// Free energy of a Bernoulli RBM, F(x) = -log sum_h exp{h^T (W x + c)}, by all 2^16 states of its hidden units.
TEST(Identity, BernoulliWithAffineStatisticsIsARestrictedBoltzmannMachine) {
  constexpr std::int64_t hidden = 16;
  const Tensor x = doubles({5, 7}, 1);
  const Tensor weights = doubles({7, hidden}, 2);
  const Tensor offsets = doubles({1, hidden}, 3);
  const Tensor states = torch::cartesian_prod(std::vector<Tensor>(hidden, torch::arange(2))).to(torch::kFloat64);
  const Tensor exact = torch::logsumexp((x.matmul(weights) + offsets).matmul(states.t()), 1);
  const auto bias = single(std::make_shared<BernoulliFamily>(), offsets);
  const Tensor found = bias.log_partition_difference(x.matmul(weights).view({5, 1, 1, hidden}));
  const Tensor normaliser = torch::log1p(offsets.exp()).sum();  // A(lambda)
  EXPECT_LT((found + normaliser - exact).abs().max().item<double>(), 1e-10);
}

// Welling et al. (2003): log p(x) + const = -sum_k a log(1 + y_k^2 / (2 b)) with y = w^T x.
TEST(Identity, GammaWithSquaredFiltersIsAProductOfStudentTExperts) {
  const Tensor y = doubles({5, 4}, 1);
  const double a = 1.7;
  const double b = 0.6;
  const Tensor parameters =
      torch::stack({torch::full({4}, std::log(a)), torch::full({4}, std::log(b))}).to(torch::kFloat64);
  const auto bias = single(std::make_shared<GammaFamily>(), parameters);
  const Tensor statistics = torch::stack({torch::zeros_like(y), -0.5 * y.square()}, 1).unsqueeze(1);
  const Tensor student = -a * torch::log1p(y.square() / (2.0 * b)).sum(1);
  EXPECT_LT((bias.log_partition_difference(statistics) - student).abs().max().item<double>(), 1e-6);
}

// Grathwohl et al. (2020): E(x) = -logsumexp_y f(x)[y], p(y | x) = softmax f(x).
TEST(Identity, CategoricalIsAJointEnergyModel) {
  const Tensor f = doubles({5, 10}, 1);
  const ClassBias bias(std::make_shared<ClassFamily>(10), torch::zeros({1, 1, 10}, torch::kFloat64),
                       /*learnable=*/false);
  const Tensor statistics = f.view({5, 1, 1, 10});
  const Tensor evidence = bias.log_partition_difference(statistics);
  EXPECT_LT((evidence - (torch::logsumexp(f, 1) - std::log(10.0))).abs().max().item<double>(), 1e-14);
  const Tensor labels = torch::tensor({3, 1, 4, 1, 9}, torch::kInt64);
  const Tensor log_posterior = bias.log_component(statistics, labels) - evidence;
  EXPECT_LT(
      (log_posterior - torch::log_softmax(f, 1).gather(1, labels.unsqueeze(1)).squeeze(1)).abs().max().item<double>(),
      1e-14);
}

TEST(Identity, AMixtureOfOneAndAProductOfOneAreTheirFamily) {
  const auto gamma = std::make_shared<GammaFamily>();
  const Tensor parameters = doubles({2, 4}, 1);
  const auto alone = single(gamma, parameters);
  const auto product = single(product_of({{gamma, 4}}), ProductFamily::join({parameters}));
  const MixtureBias mixture(gamma, parameters.unsqueeze(0).clone(), false, false, torch::zeros({1}, torch::kFloat64));
  const Tensor raw = doubles({5, 1, 2, 4}, 2).abs();
  const Tensor statistics = torch::cat({raw.narrow(2, 0, 1), -raw.narrow(2, 1, 1)}, 2);
  const Tensor expected = alone.log_partition_difference(statistics);
  EXPECT_LT(relative_error(mixture.log_partition_difference(statistics), expected), 1e-14);
  EXPECT_LT(relative_error(product.log_partition_difference(statistics.flatten(2).unsqueeze(-1)), expected), 1e-14);
}

// A Markov chain that forgets its state at each step is as many independent categorical variables as it has steps.
TEST(Identity, AMarkovChainWithoutMemoryIsGroupsOfCategoricals) {
  const auto chain = single(std::make_shared<MarkovChainFamily>(torch::zeros({3, 3}, torch::kFloat64)),
                            torch::zeros({1, 12}, torch::kFloat64));
  const auto groups = single(std::make_shared<CategoricalFamily>(3), torch::zeros({1, 12}, torch::kFloat64));
  const Tensor statistics = doubles({5, 1, 1, 12}, 1);
  EXPECT_LT(relative_error(chain.log_partition_difference(statistics), groups.log_partition_difference(statistics)),
            1e-13);
  EXPECT_LT(relative_error(chain.mean_parameters(statistics), groups.mean_parameters(statistics)), 1e-13);
}

// Equal logits are equal weights; others weigh the components' evidence.
TEST(Identity, WeightsOfAMixtureWeighItsComponents) {
  const auto family = std::make_shared<BernoulliFamily>();
  const Tensor parameters = doubles({3, 1, 4}, 1);
  const Tensor statistics = doubles({5, 1, 1, 4}, 2);
  const MixtureBias equal(family, parameters.clone(), true, false);
  const MixtureBias zeros(family, parameters.clone(), true, false, torch::zeros({3}, torch::kFloat64));
  EXPECT_LT(relative_error(zeros.log_partition_difference(statistics), equal.log_partition_difference(statistics)),
            1e-13);
  const Tensor logits = double_tensor({0.0, std::log(2.0), std::log(5.0)}, {3});
  const MixtureBias weighted(family, parameters.clone(), true, false, logits.clone());
  Tensor sum = torch::zeros({5}, torch::kFloat64);
  for (std::int64_t l = 0; l < 3; ++l) {
    const auto part = single(family, parameters[l]);
    sum = sum + logits[l].exp() / 8.0 * part.log_partition_difference(statistics).exp();
  }
  EXPECT_LT(relative_error(weighted.log_partition_difference(statistics), sum.log()), 1e-13);
}

}  // namespace
}  // namespace cebm::identities_test
