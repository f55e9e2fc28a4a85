#include <cebm/composed.h>
#include <cebm/sampler.h>
#include <gmock/gmock.h>

#include "contract/rows.h"
#include "engine/engines.h"
#include "support/folder_test.h"
#include "support/quadratic_energy.h"

namespace cebm::composed_engine_test {
namespace {

constexpr ImageShape kSmall{1, 1, 2};

/// E(x) = 1/2 x^T P x of images of two pixels.
class CoupledEnergy final : public EnergyModel {
 public:
  CoupledEnergy() : EnergyModel(kSmall) {}
  torch::Tensor energy(const torch::Tensor& x) override { return (x.flatten(1) * product(x)).sum(1) / 2; }
  torch::Tensor input_gradient(const torch::Tensor& x) override { return product(x).view(x.sizes()); }
  torch::Tensor latent(const torch::Tensor& x) override { return x.flatten(1); }

 private:
  torch::Tensor product(const torch::Tensor& x) const { return x.flatten(1).matmul(precision_); }
  torch::Tensor precision_ = torch::tensor({{2.0F, -1.2F}, {-1.2F, 2.0F}});
};

/// 3,000 chains after as many steps as it takes, by a sampler without bias.
torch::Tensor draws_of(EnergyModel& energy, std::int64_t count = 3000) {
  MalaOptions options;
  options.alpha = 0.3;
  options.adaptation.enabled = false;
  Chains chains = noise_chains(count, energy.image_shape(), 1, torch::kCPU);
  make_mala(options)->advance(energy, chains, 150, 1, 0);
  return chains.x;
}

torch::Tensor rows_of_images(const std::vector<float>& values, ImageShape image) {
  return torch::tensor(values).view({-1, image.channels, image.height, image.width});
}

TEST(ComposedEnergy, OfTwoGaussiansIsTheirProduct) {
  const auto one = std::make_shared<QuadraticEnergy>(kSmall, 0.3, 0.8);
  const auto other = std::make_shared<QuadraticEnergy>(kSmall, -0.5, 0.4);
  ComposedEnergy both({.parts = {one, other}});
  const double precision = 1 / 0.64 + 1 / 0.16;
  const torch::Tensor x = draws_of(both);
  EXPECT_NEAR(x.mean().item<double>(), (0.3 / 0.64 - 0.5 / 0.16) / precision, 0.02);
  EXPECT_NEAR(x.var().item<double>() * precision, 1.0, 0.06);
}

TEST(ComposedEnergy, WithHeldPixelsIsTheConditionalGaussian) {
  const torch::Tensor free = rows_of_images({1, 0}, kSmall);
  ComposedEnergy energy(
      {.parts = {std::make_shared<CoupledEnergy>()}, .free = free, .given = rows_of_images({7.0, 0.8}, kSmall)});
  const torch::Tensor x = energy.seen(draws_of(energy));
  EXPECT_TRUE(x.select(3, 1).eq(0.8F).all().item<bool>());
  EXPECT_NEAR(x.select(3, 0).mean().item<double>(), 1.2 * 0.8 / 2.0, 0.04);
  EXPECT_NEAR(x.select(3, 0).var().item<double>(), 1.0 / 2.0, 0.05);
}

TEST(ComposedEnergy, OfANoisyImageHasThePosteriorsMeanAndVariance) {
  const double sigma = 0.5;
  ComposedEnergy energy({.parts = {std::make_shared<QuadraticEnergy>(kSmall, 0.3, 0.8)},
                         .noisy = rows_of_images({1.5, -1.0}, kSmall),
                         .coupling = 1.0 / (sigma * sigma)});
  const torch::Tensor x = draws_of(energy);
  const double precision = 1 / 0.64 + 1 / 0.25;
  EXPECT_NEAR(x.select(3, 0).mean().item<double>(), (0.3 / 0.64 + 1.5 / 0.25) / precision, 0.03);
  EXPECT_NEAR(x.select(3, 1).mean().item<double>(), (0.3 / 0.64 - 1.0 / 0.25) / precision, 0.03);
  EXPECT_NEAR(x.select(3, 0).var().item<double>() * precision, 1.0, 0.08);
}

TEST(ComposedEnergy, EveryImageOfABatchHasAConditionOfItsOwn) {
  ComposedEnergy energy({.parts = {std::make_shared<CoupledEnergy>()},
                         .free = rows_of_images({1, 0}, kSmall),
                         .given = rows_of_images({0, 1, 0, 2, 0, 3}, kSmall)});
  const torch::Tensor x = rows_of_images({0.5, 9, 0.5, 9, 0.5, 9}, kSmall);
  const torch::Tensor expected = CoupledEnergy().energy(rows_of_images({0.5, 1, 0.5, 2, 0.5, 3}, kSmall));
  EXPECT_TRUE(energy.energy(x).allclose(expected));
  EXPECT_TRUE(energy.rows(1, 2)->energy(x.narrow(0, 0, 2)).allclose(expected.narrow(0, 1, 2)));
  ComposedEnergy shared({.parts = {std::make_shared<CoupledEnergy>()}});
  EXPECT_EQ(shared.rows(0, 2), nullptr);
}

TEST(ComposedEnergy, WhatDoesNotFitIsRefused) {
  const auto model = std::make_shared<CoupledEnergy>();
  EXPECT_THROW(ComposedEnergy({.parts = {}}), std::invalid_argument);
  EXPECT_THROW(ComposedEnergy({.parts = {model}, .free = torch::ones({1, 1, 1, 2})}), std::invalid_argument);
  EXPECT_THROW(ComposedEnergy({.parts = {model}, .noisy = torch::ones({1, 1, 2, 2}), .coupling = 1.0}),
               std::invalid_argument);
  EXPECT_THROW(ComposedEnergy({.parts = {model, std::make_shared<QuadraticEnergy>(ImageShape{1, 2, 2}, 0, 1)}}),
               ConfigError);
}

/// Of two models that kernels of our own serve, with held pixels and noise.
class ComposedEngines : public testing::Test {
 protected:
  static constexpr std::int64_t kImages = 21;
  const ImageShape image_{1, 12, 10};
  const torch::Tensor x_ = test_images(kImages).contiguous(torch::MemoryFormat::ChannelsLast);
  ComposedEnergy energy_{{.parts = {std::dynamic_pointer_cast<EnergyModel>(example_model("cebm")),
                                    std::dynamic_pointer_cast<EnergyModel>(example_model("igebm"))},
                          .free = uniform({1, 1, 12, 10}, {.seed = 3}).gt(0.5).to(torch::kFloat),
                          .given = test_images(kImages).flip(0),
                          .noisy = test_images(kImages) * 0.5,
                          .coupling = 0.7}};
  const std::unique_ptr<Engine> engine_ = make_engine(energy_, torch::kCPU);
  const std::unique_ptr<Engine> reference_ = make_tensor_engine(energy_);
};

TEST_F(ComposedEngines, ComputeWhatLibTorchComputes) {
  EXPECT_NE(engine_->name(), reference_->name());
  EXPECT_TRUE(engine_->energies(x_).allclose(reference_->energies(x_), 1e-4, 1e-4));
  EXPECT_TRUE(engine_->gradient(x_).allclose(reference_->gradient(x_), 1e-4, 1e-5));
  const EnergyGradient both = engine_->energies_and_gradient(x_);
  EXPECT_TRUE(both.energies.equal(engine_->energies(x_)));
  EXPECT_TRUE(both.gradient.equal(engine_->gradient(x_)));
  Chains one = make_chains(x_);
  Chains other = make_chains(x_);
  const std::vector<LangevinStep> sizes(3, LangevinStep{.half_step = 0.1F, .noise = 0.02F});
  engine_->langevin(one, {.sizes = sizes, .norm_bound = 0.5, .seed = 3});
  reference_->langevin(other, {.sizes = sizes, .norm_bound = 0.5, .seed = 3});
  EXPECT_TRUE(one.x.allclose(other.x, 1e-4, 1e-4));
}

TEST_F(ComposedEngines, AreNamedAfterTheGradientsThatMoveTheirChains) {
  EXPECT_THAT(engine_->name(), testing::MatchesRegex("sum of gradients: kernels of our own, .* \\+ kernels of .*"));
}

TEST_F(ComposedEngines, TheirGradientIsAutogradsInTheFreePixels) {
  const torch::Tensor x = x_.clone().requires_grad_(true);
  const torch::Tensor expected = torch::autograd::grad({energy_.energy(x).sum()}, {x})[0];
  EXPECT_TRUE(engine_->gradient(x_).allclose(expected, 1e-4, 1e-5));
}

}  // namespace
}  // namespace cebm::composed_engine_test
