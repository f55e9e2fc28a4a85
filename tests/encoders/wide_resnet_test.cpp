#include <cebm/encoder.h>
#include <cebm/errors.h>
#include <cebm/module_state.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "encoders/reference_network.h"
#include "support/folder_test.h"
#include "support/numeric.h"

namespace cebm::wide_resnet_test {
namespace {

struct Case {
  const char* name;
  ImageShape image;
  std::int64_t depth = 10;
  std::int64_t width = 1;
  StridedConvolution strided = StridedConvolution::second;
  Pooling pooling = Pooling::average;
  const char* activation = "silu";
  bool stem_activation = false;
  std::vector<std::int64_t> hidden = {};

  WideResnetOptions options() const {
    WideResnetOptions all;
    all.depth = depth;
    all.width = width;
    all.strided_convolution = strided;
    all.pooling = pooling;
    all.activation.select(activation);
    all.stem_activation = stem_activation;
    all.hidden = hidden;
    return all;
  }
  std::shared_ptr<Encoder> build(std::uint64_t seed = 1) const {
    return make_wide_resnet(options(), {image, /*outputs=*/6, seed});
  }
};

std::vector<Case> cases() {
  using enum Pooling;
  constexpr auto first = StridedConvolution::first;
  constexpr auto second = StridedConvolution::second;
  return {
      {"as_jem", {3, 16, 16}, 10, 2, second, average, "leaky_relu"},
      {"as_the_papers_authors", {3, 32, 32}, 10, 1, second, average_4x4, "leaky_relu", true},
      {"as_zagoruyko_and_komodakis", {3, 16, 16}, 10, 2, first, average, "relu"},
      {"jem_sum_pool", {1, 16, 16}, 10, 1, second, sum},
      {"two_blocks_a_group_and_hidden_layers", {2, 12, 10}, 16, 1, second, average_4x4, "silu", true, {9, 7}},
      {"gray_28", {1, 28, 28}, 10, 1, first, average_4x4},
      {"odd_sizes", {3, 33, 19}, 10, 1, second, average_4x4, "silu", true},
      {"one_pixel", {1, 1, 1}, 10, 1, first, average_4x4, "leaky_relu", false, {5}},
  };
}

/// The network written out with the encoder's weights by name. The last windows of 4 x 4 take what there is.
class Reference {
 public:
  Reference(const Encoder& encoder, const Case& which) : which_(which) {
    for (const auto& [name, value] : named_parameters(encoder)) weights_[name] = value;
  }

  torch::Tensor operator()(const torch::Tensor& x) const {
    torch::Tensor h = convolution("_stem", which_.stem_activation ? f(x) : x, 1, 1);
    for (int group = 0; group < 3; ++group) {
      for (int block = 0; block < (which_.depth - 4) / 6; ++block) {
        h = residual("_group" + std::to_string(group) + "_block" + std::to_string(block), h,
                     group > 0 && block == 0 ? 2 : 1);
      }
    }
    h = pooled(f(h));
    for (std::size_t i = 0; i <= which_.hidden.size(); ++i) {
      const std::string name = "_head" + std::to_string(i);
      h = h.matmul(weights_.at("weight" + name).t()) + weights_.at("bias" + name);
      if (i < which_.hidden.size()) h = f(h);
    }
    return h;
  }

 private:
  torch::Tensor f(const torch::Tensor& a) const { return reference_activation(Activation(which_.activation), a); }
  torch::Tensor convolution(const std::string& name, const torch::Tensor& x, std::int64_t stride,
                            std::int64_t padding) const {
    return at::conv2d(x.contiguous(), weights_.at("weight" + name).contiguous(), weights_.at("bias" + name), stride,
                      padding);
  }
  torch::Tensor residual(const std::string& name, const torch::Tensor& x, std::int64_t stride) const {
    const bool at_first = which_.strided == StridedConvolution::first;
    const torch::Tensor middle = convolution(name + "_conv1", f(x), at_first ? stride : 1, 1);
    const torch::Tensor branch = convolution(name + "_conv2", f(middle), at_first ? 1 : stride, 1);
    const bool projected = weights_.contains("weight" + name + "_shortcut");
    EXPECT_EQ(projected, x.sizes() != branch.sizes()) << name;
    return branch + (projected ? convolution(name + "_shortcut", x, stride, 0) : x);
  }
  torch::Tensor pooled(const torch::Tensor& h) const {
    if (which_.pooling == Pooling::average) return h.flatten(2).mean(2);
    if (which_.pooling == Pooling::sum) return h.flatten(2).sum(2);
    std::vector<torch::Tensor> windows;
    for (std::int64_t top = 0; top < h.size(2); top += 4) {
      for (std::int64_t left = 0; left < h.size(3); left += 4) {
        const torch::Tensor rows = h.narrow(2, top, std::min<std::int64_t>(4, h.size(2) - top));
        windows.push_back(rows.narrow(3, left, std::min<std::int64_t>(4, h.size(3) - left)).mean({2, 3}));
      }
    }
    return torch::stack(windows, 2).flatten(1);
  }

  const Case& which_;
  std::map<std::string, torch::Tensor> weights_;
};

class WideResnets : public testing::TestWithParam<Case> {};

TEST_P(WideResnets, ForwardEqualsTheNetworkWrittenOut) {
  const auto encoder = GetParam().build();
  const torch::NoGradGuard no_graph;
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    encoder->to(type);
    const torch::Tensor x = images(3, GetParam().image).to(type);
    const torch::Tensor output = encoder->forward(x);
    ASSERT_EQ(output.sizes(), (std::vector<std::int64_t>{3, 6}));
    EXPECT_LT(relative_error(output, Reference(*encoder, GetParam())(x)), type == torch::kFloat32 ? 1e-5 : 1e-12);
  }
}

TEST_P(WideResnets, LinearizationEqualsForwardAndAutograd) {
  const auto encoder = GetParam().build();
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    encoder->to(type);
    const double bound = type == torch::kFloat32 ? 1e-5 : 1e-10;
    for (const bool channels_last : {false, true}) {
      torch::Tensor x = images(3, GetParam().image).to(type);
      if (channels_last) x = x.contiguous(torch::MemoryFormat::ChannelsLast);
      const torch::Tensor v = normal({3, 6}, {.seed = 5}).to(type);
      const Linearization result = encoder->linearize(x);
      const torch::Tensor expected =
          autograd_gradient([&](const torch::Tensor& input) { return encoder->forward(input) * v; }, x);
      EXPECT_LT(relative_error(result.output, encoder->forward(x)), bound);
      EXPECT_LT(relative_error(result.pull_back(v), expected), bound);
      EXPECT_LT(relative_error(result.pull_back(2.0 * v), 2.0 * expected), bound) << "a second use";
      EXPECT_FALSE(result.output.requires_grad() || result.pull_back(v).requires_grad());
    }
  }
  for (const auto& parameter : encoder->parameters()) EXPECT_FALSE(parameter.grad().defined());
}

TEST_P(WideResnets, KeepTheirActivationsChannelsLast) {
  const torch::Tensor x = images(2, GetParam().image).contiguous(torch::MemoryFormat::ChannelsLast);
  const auto encoder = GetParam().build();
  const Linearization result = encoder->linearize(x);
  EXPECT_TRUE(result.pull_back(result.output).is_contiguous(torch::MemoryFormat::ChannelsLast));
}

TEST_P(WideResnets, GiveEveryWeightAGradient) {
  const auto encoder = GetParam().build();
  encoder->forward(images(4, GetParam().image)).square().sum().backward();
  for (const auto& [name, parameter] : named_parameters(*encoder)) {
    ASSERT_TRUE(parameter.grad().defined()) << name;
    EXPECT_GT(parameter.grad().abs().max().item<double>(), 0.0) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Encoders, WideResnets, testing::ValuesIn(cases()),
                         [](const auto& which) { return std::string(which.param.name); });

std::int64_t weight_count(const Encoder& encoder) {
  std::int64_t count = 0;
  for (const auto& parameter : encoder.parameters()) count += parameter.numel();
  return count;
}

/// Weights and biases of a 3 x 3 convolution.
constexpr std::int64_t conv3(std::int64_t from, std::int64_t to) { return 9 * from * to + to; }

TEST(WideResnet, HasAsManyWeightsAsCountedByHand) {
  constexpr std::int64_t groups = conv3(16, 32) + conv3(32, 32) + (16 * 32 + 32) +  // 1 x 1 shortcuts in brackets
                                  conv3(32, 64) + conv3(64, 64) + (32 * 64 + 64) +  //
                                  conv3(64, 128) + conv3(128, 128) + (64 * 128 + 128);
  Case which{"", {3, 32, 32}, 10, 2};
  EXPECT_EQ(weight_count(*which.build()), conv3(3, 16) + groups + 128 * 6 + 6);
  which.pooling = Pooling::average_4x4;  // 8 x 8 positions: four windows
  EXPECT_EQ(weight_count(*which.build()), conv3(3, 16) + groups + 4 * 128 * 6 + 6);
  which.width = 1;  // the first group keeps its shape and needs no shortcut
  which.depth = 16;
  constexpr std::int64_t narrow = conv3(16, 16) * 4 + conv3(16, 32) + conv3(32, 32) * 3 + (16 * 32 + 32) +
                                  conv3(32, 64) + conv3(64, 64) * 3 + (32 * 64 + 64);
  EXPECT_EQ(weight_count(*which.build()), conv3(3, 16) + narrow + 4 * 64 * 6 + 6);
}

TEST(WideResnet, Of28LayersAndWidth10HasThePublishedSize) {
  // 36.5 million (Zagoruyko and Komodakis 2016, Table 4).
  const Case which{"", {3, 32, 32}, 28, 10};
  EXPECT_NEAR(static_cast<double>(weight_count(*which.build())), 36.5e6, 0.05e6);
}

TEST(WideResnet, AnImagesStatisticsDoNotDependOnTheOthers) {
  const auto encoder = Case{"", {3, 16, 16}, 10, 1}.build();
  const torch::Tensor x = images(6, {3, 16, 16});
  const torch::Tensor all = encoder->forward(x);
  EXPECT_LT(relative_error(encoder->forward(x.narrow(0, 2, 1)), all.narrow(0, 2, 1)), 1e-5);
  EXPECT_LT(relative_error(encoder->forward(x), all), 1e-7) << "the second time as the first: no dropout";
}

TEST(WideResnet, WeightsStartDifferentlyInEveryLayerAndWithinOneOverTheRootOfTheFanIn) {
  const auto encoder = Case{"", {3, 16, 16}, 16, 2}.build();
  std::set<float> first_values;
  std::size_t count = 0;
  for (const auto& [name, parameter] : named_parameters(*encoder)) {
    first_values.insert(parameter.flatten()[0].item<float>());
    ++count;
    if (parameter.dim() < 2) continue;
    const double bound = 1.0 / std::sqrt(static_cast<double>(parameter[0].numel()));
    EXPECT_LE(parameter.abs().max().item<double>(), bound * (1 + 1e-6)) << name;
    EXPECT_GT(parameter.abs().max().item<double>(), bound * 0.9) << name;
  }
  EXPECT_EQ(first_values.size(), count);
}

TEST(WideResnet, NeitherVanishesNorExplodesWithDepth) {
  // Without normalisation the start alone keeps the sizes of signals and gradients; measured from 10 to 82 layers.
  std::vector<double> outputs;
  std::vector<double> gradients;
  for (const std::int64_t depth : {10, 40, 82}) {
    const auto encoder = Case{"", {3, 16, 16}, depth, 1}.build();
    const Linearization result = encoder->linearize(images(4, {3, 16, 16}));
    outputs.push_back(result.output.std().item<double>());
    gradients.push_back(result.pull_back(torch::ones_like(result.output)).std().item<double>());
  }
  for (const auto& sizes : {outputs, gradients}) {
    for (const double size : sizes) {
      EXPECT_GT(size, sizes[0] / 10);
      EXPECT_LT(size, sizes[0] * 10);
    }
  }
}

TEST(WideResnet, RefusesADepthThatIsNotSixNPlusFour) {
  for (const std::int64_t depth : {4, 12, 29}) {
    const auto build = [&] { Case{"", {3, 16, 16}, depth, 1}.build(); };
    EXPECT_EQ(message_of<ConfigError>(build),
              "encoder wide_resnet: expected a depth of 6 n + 4 (10, 16, 22, 28, ...), found " + std::to_string(depth));
  }
}

}  // namespace
}  // namespace cebm::wide_resnet_test
