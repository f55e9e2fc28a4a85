#include <cebm/encoder.h>
#include <cebm/errors.h>
#include <gtest/gtest.h>

#include <cmath>

#include "encoders/reference_network.h"
#include "support/numeric.h"

namespace cebm {
namespace {

class Architectures : public testing::TestWithParam<Architecture> {};

TEST_P(Architectures, ForwardEqualsAPlainSequenceOfLayers) {
  const auto encoder = build(GetParam());
  const torch::NoGradGuard no_graph;
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    encoder->to(type);
    const torch::Tensor x = images(3, GetParam().image).to(type);
    const torch::Tensor output = encoder->forward(x);
    EXPECT_EQ(output.sizes(), (std::vector<std::int64_t>{3, GetParam().outputs}));
    const double bound = type == torch::kFloat32 ? 1e-5 : 1e-12;
    EXPECT_LT(relative_error(output, reference_forward(*encoder, GetParam().options, x)), bound);
  }
}

TEST_P(Architectures, HasAsManyWeightsAsCountedByHand) {
  std::int64_t count = 0;
  for (const auto& parameter : build(GetParam())->parameters()) count += parameter.numel();
  EXPECT_EQ(count, GetParam().weights);
}

INSTANTIATE_TEST_SUITE_P(Cnn, Architectures, testing::ValuesIn(architectures()),
                         [](const auto& which) { return std::string(which.param.name); });

Architecture small(std::uint64_t layers = 2) {
  CnnOptions options = cnn_options({4, 6}, "silu", {5});
  options.kernels = {3, 4};
  options.strides = {1, 2};
  options.paddings = {1, 1};
  if (layers == 3) {
    options.channels.push_back(3);
    options.kernels.push_back(2);
    options.strides.push_back(1);
    options.paddings.push_back(0);
  }
  return {"small", {2, 9, 11}, options, 7, 0};
}

TEST(Cnn, WeightsDependOnlyOnTheSeedAndTheLayer) {
  const auto a = build(small(), 3)->parameters();
  const auto same = build(small(), 3)->parameters();
  const auto other = build(small(), 4)->parameters();
  const auto deeper = build(small(3), 3)->parameters();
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_TRUE(a[i].equal(same[i])) << i;
    EXPECT_FALSE(a[i].equal(other[i])) << i;
  }
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(a[i].equal(deeper[i])) << "a layer behind it changed layer " << i;
}

TEST(Cnn, LayersStartFromDifferentNumbers) {
  CnnOptions options = cnn_options({4, 4}, "silu", {});
  options.kernels = {3, 3};
  options.strides = {1, 1};
  options.paddings = {1, 1};
  const auto weights = make_cnn(options, {{4, 8, 8}, 7, 1})->parameters();
  EXPECT_FALSE(weights[0].equal(weights[2]));
  EXPECT_FALSE(weights[1].equal(weights[3]));
  EXPECT_FALSE(weights[1].equal(weights[0].flatten(1).select(1, 0))) << "a layer's offsets repeat its weights";
}

TEST(Cnn, WeightsAreUniformWithinOneOverTheRootOfTheFanIn) {
  const Architecture which = architectures()[0];
  const auto parameters = build(which)->parameters();
  const std::int64_t fan_in[] = {9, 64 * 16, 64 * 16, 32 * 16, 32 * 9, 128};
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const double bound = 1.0 / std::sqrt(static_cast<double>(fan_in[i / 2]));
    const torch::Tensor scaled = parameters[i].detach() / bound;
    EXPECT_LE(scaled.abs().max().item<double>(), 1.0 + 1e-6) << i;
    if (parameters[i].numel() < 10000) continue;
    // Moments of U[-1, 1]: variance 1/3, fourth moment 1/5; 4.5 standard errors.
    const double root = std::sqrt(static_cast<double>(scaled.numel()));
    EXPECT_LT(std::abs(scaled.mean().item<double>()), 4.5 * std::sqrt(1.0 / 3.0) / root) << i;
    EXPECT_NEAR(scaled.square().mean().item<double>(), 1.0 / 3.0, 4.5 * std::sqrt(1.0 / 5.0 - 1.0 / 9.0) / root) << i;
  }
}

TEST(Cnn, KeepsItsActivationsChannelsLast) {
  // What the convolutions' speed rests on: the gradient comes back in the layout of the chains.
  for (const std::int64_t channels : {1, 3}) {
    Architecture which = small();
    which.image.channels = channels;
    const torch::Tensor x = images(2, which.image).contiguous(torch::MemoryFormat::ChannelsLast);
    const auto encoder = build(which);
    const Linearization result = encoder->linearize(x);
    EXPECT_TRUE(result.pull_back(result.output).is_contiguous(torch::MemoryFormat::ChannelsLast)) << channels;
  }
}

TEST(Cnn, RefusesListsOfDifferentLengthsNamingTheLengths) {
  Architecture which = small();
  which.options.strides = {1};
  try {
    build(which);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("found 2, 2, 1 and 2"), std::string::npos) << error.what();
  }
}

TEST(Cnn, RefusesAKernelLargerThanItsPaddedInputNamingTheLayer) {
  Architecture which = small();
  which.options.kernels = {3, 12};
  try {
    build(which);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("layer 1 has a kernel of 12"), std::string::npos) << error.what();
  }
  which.options.kernels = {3, 11};  // the smaller side is 9, with padding 11: it just fits
  EXPECT_EQ(build(which)->forward(images(1, which.image)).sizes(), (std::vector<std::int64_t>{1, 7}));
}

}  // namespace
}  // namespace cebm
