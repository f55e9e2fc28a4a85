#include <cebm/likelihood.h>
#include <cebm/random.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "support/numeric.h"

namespace cebm {
namespace {

torch::Tensor outputs(std::uint64_t seed) {
  return normal({3, 2 * 5 * 4}, {.seed = seed}).to(torch::kFloat64).view({3, 2, 5, 4}) * 2.0;
}

TEST(Bernoulli, LogProbIsTheNegativeBinaryCrossEntropySummedOverPixels) {
  const torch::Tensor o = outputs(1);
  const torch::Tensor x = torch::sigmoid(outputs(2));
  const torch::Tensor p = 1.0 / (1.0 + torch::exp(-o));
  const torch::Tensor expected = (x * p.log() + (1.0 - x) * (1.0 - p).log()).flatten(1).sum(1);
  EXPECT_LT(relative_error(make_bernoulli()->log_prob(x, o), expected), 1e-12);
  EXPECT_LT(relative_error(make_bernoulli()->mean(o), p), 1e-12);
}

TEST(Bernoulli, StaysFiniteWhereTheMeanRoundsToZeroOrOne) {
  const torch::Tensor o = torch::tensor({200.0F, -200.0F}).view({1, 1, 1, 2});
  const torch::Tensor wrong = make_bernoulli()->log_prob(torch::tensor({0.0F, 1.0F}).view({1, 1, 1, 2}), o);
  EXPECT_FLOAT_EQ(wrong.item<float>(), -400.0F);
}

TEST(Bernoulli, OneImageStandsBesideSeveralSamples) {
  const torch::Tensor o = torch::stack({outputs(1), outputs(3)});
  const torch::Tensor x = torch::sigmoid(outputs(2));
  const torch::Tensor both = make_bernoulli()->log_prob(x, o);
  EXPECT_LT(relative_error(both[1], make_bernoulli()->log_prob(x, o[1])), 1e-12);
  EXPECT_EQ(both.sizes(), (std::vector<std::int64_t>{2, 3}));
}

TEST(GaussianLikelihood, IntegratesToOneOverAPixel) {
  GaussianLikelihoodOptions options;
  options.std = 0.3;
  const auto likelihood = make_gaussian_likelihood(options);
  likelihood->to(torch::kFloat64);
  const Grid grid = fine_grid(-8, 8, 8001);
  const torch::Tensor o = torch::full({1, 1, 1, 1}, 0.4, torch::kFloat64);
  const torch::Tensor density = likelihood->log_prob(grid.points.view({-1, 1, 1, 1}), o).exp();
  EXPECT_NEAR(density.sum().item<double>() * grid.spacing, 1.0, 1e-7);
  const double mean = (density * grid.points).sum().item<double>() * grid.spacing;
  EXPECT_NEAR(mean, std::tanh(0.4), 1e-7);
  EXPECT_NEAR(likelihood->mean(o).item<double>(), std::tanh(0.4), 1e-12);
}

TEST(GaussianLikelihood, TrainsItsScaleOnlyWhenAsked) {
  GaussianLikelihoodOptions options;
  EXPECT_TRUE(make_gaussian_likelihood(options)->parameters().empty());
  EXPECT_EQ(make_gaussian_likelihood(options)->buffers().size(), 1U) << "saved with the model all the same";
  options.learnable = true;
  const auto likelihood = make_gaussian_likelihood(options);
  ASSERT_EQ(likelihood->parameters().size(), 1U);
  // d/d log s of -(x - m)^2 / (2 s^2) - log s is (x - m)^2 / s^2 - 1 for each pixel.
  const torch::Tensor o = outputs(1).to(torch::kFloat);
  const torch::Tensor x = outputs(2).to(torch::kFloat) * 0.1;
  likelihood->log_prob(x, o).sum().backward();
  const torch::Tensor expected = ((x - torch::tanh(o)).square() / (options.std * options.std) - 1.0).sum();
  EXPECT_LT(relative_error(likelihood->parameters()[0].grad(), expected.view({1})), 1e-4);
}

}  // namespace
}  // namespace cebm
