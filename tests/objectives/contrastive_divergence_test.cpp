#include <cebm/losses.h>
#include <cebm/random.h>
#include <gtest/gtest.h>

#include "support/numeric.h"

namespace cebm {
namespace {

TEST(ContrastiveDivergence, NamesItsTermsCorrectly) {
  const torch::Tensor data = torch::tensor({1.0F, 3.0F});           // mean 2, mean square 5
  const torch::Tensor model = torch::tensor({-1.0F, 0.0F, -2.0F});  // mean -1, mean square 5/3
  const ContrastiveDivergence result = contrastive_divergence(data, model, 0.3);
  EXPECT_FLOAT_EQ(result.energy_data.item<float>(), 2.0F);
  EXPECT_FLOAT_EQ(result.energy_model.item<float>(), -1.0F);
  EXPECT_FLOAT_EQ(result.gap.item<float>(), 3.0F);
  EXPECT_FLOAT_EQ(result.regularizer.item<float>(), 2.0F);
  EXPECT_FLOAT_EQ(result.loss.item<float>(), 5.0F);
}

TEST(ContrastiveDivergence, WithoutTheSquaredEnergiesIsTheGap) {
  const torch::Tensor data = normal({8}, {.seed = 1});
  const torch::Tensor model = normal({8}, {.seed = 2});
  const ContrastiveDivergence result = contrastive_divergence(data, model, 0.0);
  EXPECT_EQ(result.loss.item<float>(), result.gap.item<float>());
}

TEST(ContrastiveDivergence, ThePenaltyBoundsTheGapOfEnergiesThatAreFreeToPart) {
  const double coefficient = 0.1;
  const torch::Tensor energies = torch::zeros({2}, torch::kFloat64).requires_grad_(true);
  ContrastiveDivergence last;
  for (int step = 0; step < 200; ++step) {
    last = contrastive_divergence(energies.narrow(0, 0, 1), energies.narrow(0, 1, 1), coefficient);
    energies.mutable_grad() = torch::Tensor();
    last.loss.backward();
    const torch::NoGradGuard no_graph;
    energies.sub_(energies.grad());
  }
  EXPECT_NEAR(last.energy_data.item<double>(), -5.0, 1e-6);
  EXPECT_NEAR(last.energy_model.item<double>(), 5.0, 1e-6);
  EXPECT_NEAR(last.gap_of_bound.item<double>(), 1.0, 1e-6);
}

/// E_theta(x) = theta . (x, x^2), the smallest energy whose gradient is known: dE/dtheta = (x, x^2).
struct ToyEnergy {
  torch::Tensor theta = double_tensor({0.4, -0.7}, {2}).requires_grad_(true);
  torch::Tensor data = normal({16}, {.seed = 1}).to(torch::kFloat64) + 1.0;
  torch::Tensor samples = normal({24}, {.seed = 2}).to(torch::kFloat64) - 1.0;

  static torch::Tensor features(const torch::Tensor& x) { return torch::stack({x, x.square()}, 1); }
  torch::Tensor energy(const torch::Tensor& x) const { return features(x).matmul(theta); }
};

TEST(ContrastiveDivergence, GradientIsAlgorithmOnesUpdatePlusThatOfTheSquaredEnergies) {
  const ToyEnergy toy;
  const double coefficient = 0.2;
  contrastive_divergence(toy.energy(toy.data), toy.energy(toy.samples), coefficient).loss.backward();
  const torch::NoGradGuard no_graph;
  const torch::Tensor of_data = ToyEnergy::features(toy.data);
  const torch::Tensor of_samples = ToyEnergy::features(toy.samples);
  const torch::Tensor delta = of_data.mean(0) - of_samples.mean(0);
  const torch::Tensor squares = 2.0 * (toy.energy(toy.data).unsqueeze(1) * of_data).mean(0) +
                                2.0 * (toy.energy(toy.samples).unsqueeze(1) * of_samples).mean(0);
  EXPECT_LT(relative_error(toy.theta.grad(), delta + coefficient * squares), 1e-14);
}

TEST(ContrastiveDivergence, AStepDownItsGradientLowersTheDatasEnergyAndRaisesTheSamples) {
  ToyEnergy toy;
  contrastive_divergence(toy.energy(toy.data), toy.energy(toy.samples), 0.0).loss.backward();
  const torch::NoGradGuard no_graph;
  const double data_before = toy.energy(toy.data).mean().item<double>();
  const double samples_before = toy.energy(toy.samples).mean().item<double>();
  toy.theta.sub_(0.1 * toy.theta.grad());
  EXPECT_LT(toy.energy(toy.data).mean().item<double>(), data_before);
  EXPECT_GT(toy.energy(toy.samples).mean().item<double>(), samples_before);
}

}  // namespace
}  // namespace cebm
