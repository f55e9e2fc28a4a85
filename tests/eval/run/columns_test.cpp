#include <ATen/Parallel.h>
#include <cebm/columns.h>
#include <cebm/errors.h>
#include <cebm/vae.h>
#include <gtest/gtest.h>

#include "contract/rows.h"
#include "support/folder_test.h"
#include "support/numeric.h"

namespace cebm {
namespace {

/// Everything that columns need, for an example model.
struct Setting {
  explicit Setting(const std::string& name)
      : model(example_model(name)),
        untrained(example_model(name, {1, 12, 10}, 2)),
        sampler(build_example(catalog().samplers, "sgld")),
        source(*model, untrained.get(), sampler.get(), 1) {}
  torch::Tensor compute(const std::string& column, const torch::Tensor& x, std::int64_t first = 0) {
    return compute_column(find_column(column), source, x, first);
  }

  std::shared_ptr<Model> model;
  std::shared_ptr<Model> untrained;
  std::shared_ptr<Sampler> sampler;
  ColumnSource source;
};

torch::Tensor some_images(std::int64_t count) {
  return (test_images(count) * 0.4 + 0.5).contiguous(torch::MemoryFormat::ChannelsLast);
}

TEST(Columns, AnImagesValueIsTheSameBytesInAnyBatchesOfWholeTilesAndWithAnyNumberOfThreads) {
  for (const char* name : {"cebm", "cebmm", "igebm", "vae", "gmm_vae"}) {
    Setting setting(name);
    const torch::Tensor x = some_images(37);
    for (const Column& column : columns()) {
      if (!column.available(*setting.model)) continue;
      const torch::Tensor whole = setting.compute(column.name, x);
      EXPECT_EQ(whole.size(0), 37);
      EXPECT_EQ(whole.scalar_type(), torch::kFloat);
      const torch::Tensor parts = torch::cat(
          {setting.compute(column.name, x.narrow(0, 0, 16), 0), setting.compute(column.name, x.narrow(0, 16, 21), 16)});
      EXPECT_TRUE(parts.equal(whole)) << name << " " << column.name;
      const int threads = at::get_num_threads();
      at::set_num_threads(3);
      EXPECT_TRUE(setting.compute(column.name, x).equal(whole)) << name << " " << column.name;
      at::set_num_threads(threads);
    }
  }
}

TEST(Columns, DensityIsTheSameBytesFromTheGradientsPassAndAlone) {
  for (const char* name : {"cebm", "igebm", "vae", "gmm_vae"}) {
    Setting alone(name);
    Setting with_gradient(name);
    const torch::Tensor x = some_images(20);
    const torch::Tensor norm = with_gradient.compute("gradient_norm", x);
    EXPECT_TRUE(with_gradient.compute("log_density", x).equal(alone.compute("log_density", x))) << name;
    EXPECT_TRUE(alone.compute("gradient_norm", x).equal(norm)) << name;
    const torch::Tensor other = x * 0.5;
    EXPECT_FALSE(with_gradient.compute("log_density", other).equal(alone.compute("log_density", x))) << name;
  }
}

TEST(Columns, AreWhatTheModelSays) {
  Setting setting("cebmm");
  const auto model = std::dynamic_pointer_cast<Cebm>(setting.model);
  const torch::Tensor x = some_images(6);
  const LatentDistribution posterior = model->posterior(x);
  const auto expect_near = [&](const std::string& column, const torch::Tensor& expected) {
    EXPECT_LT(relative_error(setting.compute(column, x), expected), 1e-5) << column;
  };
  expect_near("pixels", x.contiguous().flatten(1));
  expect_near("latent", posterior.component_mean());
  expect_near("latent_variance", posterior.component_variance());
  expect_near("latent_mean", posterior.mean());
  expect_near("responsibilities", posterior.responsibilities());
  expect_near("class_probabilities", posterior.responsibilities());
  expect_near("confidence", posterior.responsibilities().amax(1));
  expect_near("untrained_latent", setting.untrained->latent(x));
  expect_near("energy", model->energy(x));
  expect_near("log_density", -model->energy(x));
  const torch::Tensor gradient = autograd_gradient([&](const torch::Tensor& input) { return model->energy(input); }, x);
  expect_near("gradient_norm", gradient.flatten(1).norm(2, 1));
  const torch::Tensor natural = setting.compute("natural_parameters", x).view({6, 2, -1});
  EXPECT_LT(relative_error(natural.select(1, 0) / (-2.0 * natural.select(1, 1)), posterior.component_mean()), 1e-5);
}

TEST(Columns, FeaturesAreWhatTheLastLayerTakes) {
  Setting setting("cebm");
  const torch::Tensor x = some_images(5);
  const Encoder& encoder = dynamic_cast<EncodedModel&>(*setting.model).encoder();
  const FeedForwardLayer last = encoder.feed_forward().back();
  const torch::Tensor features = setting.compute("features", x);
  EXPECT_EQ(features.size(1), last.weight.size(1));
  const torch::Tensor outputs = dynamic_cast<EncodedModel&>(*setting.model).encoder().forward(x);
  EXPECT_LT(relative_error(torch::linear(features, last.weight, last.bias), outputs), 1e-5);
}

TEST(Columns, GradientNormOfAVaeIsThatOfItsBound) {
  Setting setting("vae");
  const auto model = std::dynamic_pointer_cast<Vae>(setting.model);
  const torch::Tensor x = some_images(3);
  const torch::Tensor gradient =
      autograd_gradient([&](const torch::Tensor& input) { return model->log_density(input); }, x);
  EXPECT_LT(relative_error(setting.compute("gradient_norm", x), gradient.flatten(1).norm(2, 1)), 1e-4);
}

TEST(Columns, RefinementIsTheRiseOfTheLogDensityUnderTheRunsSampler) {
  Setting setting("cebm");
  const auto model = std::dynamic_pointer_cast<EnergyModel>(setting.model);
  Chains chains = make_chains(some_images(4));
  const torch::Tensor before = model->energy(chains.x);
  chains.ids.add_(10);
  setting.sampler->advance(*model, chains, 20, 1, 0);
  EXPECT_LT(relative_error(setting.compute("refinement", some_images(4), 10), before - model->energy(chains.x)), 1e-4);
}

TEST(Columns, WhatAModelDoesNotHaveIsRefusedByName) {
  const std::string message =
      message_of<ConfigError>([] { Setting("igebm").compute("responsibilities", some_images(2)); });
  EXPECT_NE(message.find("responsibilities"), std::string::npos);
  EXPECT_NE(message_of<ConfigError>([] { find_column("latnt"); }).find("latent"), std::string::npos);
}

}  // namespace
}  // namespace cebm
