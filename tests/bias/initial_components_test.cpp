#include <cebm/catalog.h>
#include <cebm/errors.h>
#include <cebm/module_state.h>
#include <cebm/run.h>
#include <gtest/gtest.h>

namespace cebm {
namespace {

/// Means [L, K] and scales [L, K] that a mixture starts from.
std::pair<torch::Tensor, torch::Tensor> start_of(const std::string& yaml) {
  const Catalog catalog;
  Choice<BiasEntry> bias(catalog, "gaussian_mixture");
  read_options(parse_config(yaml), bias.options());
  const torch::Tensor parameters = module_state(*bias.build(BiasContext{200, 3})).tensors.at("parameters");
  return {parameters.select(1, 0), parameters.select(1, 1).exp()};
}

TEST(InitialComponents, AreStandardNormalMeansAndUnitScalesUnlessToldOtherwise) {
  const auto [means, scales] = start_of("components: 40");
  EXPECT_NEAR(means.std().item<double>(), 1.0, 0.03);
  EXPECT_NEAR(means.mean().item<double>(), 0.0, 0.05);
  EXPECT_TRUE(scales.equal(torch::ones_like(scales)));
}

TEST(InitialComponents, FollowTheirOptions) {
  const auto [means, scales] = start_of("{components: 40, mean_std: 0.31, smallest_scale: 1, largest_scale: 6}");
  EXPECT_NEAR(means.std().item<double>(), 0.31, 0.01);
  EXPECT_NEAR(scales.mean().item<double>(), 3.5, 0.07);
  EXPECT_GE(scales.min().item<double>(), 0.999);
  EXPECT_LT(scales.max().item<double>(), 6.001);
  EXPECT_THROW(start_of("{smallest_scale: 2, largest_scale: 1}"), ConfigError);
}

TEST(InitialComponents, ThatFloat32CouldNotTellApartAreRefused) {
  EXPECT_THROW(start_of("{components: 4, mean_std: 5, smallest_scale: 0.01}"), ConfigError);
  EXPECT_THROW(start_of("{components: 4, smallest_scale: 0.001}"), ConfigError);
  EXPECT_NO_THROW(start_of("{components: 4, mean_std: 1, smallest_scale: 0.01}"));
}

TEST(InitialComponents, ASingleOneIsTheSphericalGaussian) {
  const auto [means, scales] = start_of("components: 1");
  EXPECT_EQ(means.abs().max().item<double>(), 0.0);
  EXPECT_TRUE(scales.equal(torch::ones_like(scales)));
}

}  // namespace
}  // namespace cebm
