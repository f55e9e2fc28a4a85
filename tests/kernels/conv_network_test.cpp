// Every instruction set's loops against LibTorch in float64, on shapes that no shipped network has.
#include "kernels/cpu/conv_network.h"

#include <ATen/ATen.h>
#include <cebm/errors.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cstdlib>
#include <limits>
#include <optional>

#include "kernels/cpu/instruction_sets.h"
#include "kernels/network_case.h"
#include "kernels/rounding.h"
#include "support/folder_test.h"
#include "support/numeric.h"

namespace cebm::kernels::cpu {
namespace {

std::vector<NetworkCase> networks() {
  return {
      {"OneLayer", 2, {3, 5}, {}},
      {"Tall", 1, {19, 6}, {{16, window(3, 1, 1)}, {33, window(4, 2, 1), Nonlinearity::leaky_relu}}},
      {"OddChannels",
       3,
       {10, 13},
       {{5, window(3, 1, 1), Nonlinearity::leaky_relu}, {7, window(4, 2, 1)}, {18, window(3, 2, 0)}}},
      {"WideStride", 3, {17, 14}, {{20, window(3, 4, 1)}, {6, window(2, 3, 2), Nonlinearity::leaky_relu}}},
      {"LargePadding", 1, {8, 8}, {{12, window(5, 1, 3)}, {40, window(5, 2, 4), Nonlinearity::leaky_relu, 0.0F}}},
      {"Linear", 1, {9, 9}, {{17, window(3, 2, 0), std::nullopt}, {16, window(1, 1, 0)}}},
      {"TwoByTwoTaps",
       1,
       {30, 23},
       {{20, window(3, 1, 1)},
        {24, window(4, 2, 1)},
        {33, window(4, 2, 1), Nonlinearity::leaky_relu},
        {16, window(2, 1, 1)}}},
      {"PhasesOfTwoByTwoTaps", 2, {26, 37}, {{17, window(1, 1, 0)}, {18, window(6, 3, 2)}, {34, {{4, 2}, {2, 1}, 1}}}},
      {"ManyChannels", 40, {2, 1}, {{530, window(3, 1, 1)}}},
      {"ManyRows", 4, {40, 3}, {{64, window(3, 1, 1)}, {48, window(1, 1, 0)}, {31, window(3, 3, 1)}}},
  };
}

/// A network with random weights, and the same in LibTorch's terms.
class Sample {
 public:
  explicit Sample(const NetworkCase& which, std::uint64_t seed = 7) : which_(which) {
    at::manual_seed(seed);
    std::int64_t channels = which.channels;
    Extent size = which.image;
    std::vector<LayerCase> all = which.layers;
    for (const LayerCase& layer : which.layers) size = output_size(size, layer.window);
    all.push_back({21, {size, size, 0}, std::nullopt});
    for (const LayerCase& layer : all) {
      const Extent kernel = layer.window.kernel;
      const double scale = 1.5 / std::sqrt(static_cast<double>(channels * kernel.height * kernel.width));
      weights_.push_back(at::randn({layer.channels, channels, kernel.height, kernel.width}) * scale);
      biases_.push_back(at::randn({layer.channels}) * 0.3);
      layers_.push_back(
          {channels, layer.channels, layer.window, weights_.back().const_data_ptr<float>(),
           biases_.back().const_data_ptr<float>(),
           layer.activation ? std::optional(KernelActivation{*layer.activation, layer.slope}) : std::nullopt});
      channels = layer.channels;
    }
  }

  torch::Tensor images(std::int64_t count) const {
    return at::randn({count, which_.channels, which_.image.height, which_.image.width})
        .contiguous(at::MemoryFormat::ChannelsLast);
  }

  /// In the type of x.
  torch::Tensor exact(torch::Tensor h) const {
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const Window& w = layers_[l].window;
      h = at::conv2d(h, weights_[l].to(h.dtype()), biases_[l].to(h.dtype()), {w.stride.height, w.stride.width},
                     {w.padding, w.padding});
      if (!layers_[l].activation) continue;
      const auto [kind, slope] = *layers_[l].activation;
      h = kind == Nonlinearity::silu ? at::silu(h) : at::leaky_relu(h, slope);
    }
    return h.flatten(1);
  }

  /// Gradients of sum(factor * outputs) with respect to weights and biases, in float64.
  std::vector<torch::Tensor> exact_gradients(const torch::Tensor& x, const torch::Tensor& factor) const {
    const torch::AutoGradMode record(true);
    Sample wide = *this;
    std::vector<torch::Tensor> leaves;
    for (auto* const all : {&wide.weights_, &wide.biases_}) {
      for (torch::Tensor& tensor : *all) leaves.push_back(tensor = tensor.to(torch::kDouble).requires_grad_(true));
    }
    const torch::Tensor sum = (wide.exact(x.to(torch::kDouble)) * factor.to(torch::kDouble)).sum();
    return torch::autograd::grad({sum}, leaves);
  }
  const std::vector<torch::Tensor>& weights() const { return weights_; }
  const std::vector<torch::Tensor>& biases() const { return biases_; }
  const std::vector<ConvLayer>& layers() const { return layers_; }

  ConvNetwork packed(Precision precision, const ConvKernels& kernels) const {
    return ConvNetwork(which_.image, layers_, precision, kernels);
  }

 private:
  const NetworkCase& which_;
  std::vector<torch::Tensor> weights_;
  std::vector<torch::Tensor> biases_;
  std::vector<ConvLayer> layers_;
};

struct Result {
  torch::Tensor outputs;
  torch::Tensor gradient;
};

/// Outputs, and the gradient of their product with `factor`, in parts of `part` images.
Result computed(const ConvNetwork& network, const torch::Tensor& x, const torch::Tensor& factor, std::int64_t part) {
  const auto activations = network.activations(part);
  const auto scratch = network.scratch(part);
  Result result{torch::empty_like(factor), torch::empty_like(x)};
  const std::int64_t pixels = x.numel() / x.size(0);
  for (std::int64_t b = 0; b < x.size(0); b += part) {
    const std::int64_t count = std::min(part, x.size(0) - b);
    const std::int64_t o = b * network.outputs();
    network.forward(*activations, *scratch, {0, count}, x.const_data_ptr<float>() + b * pixels,
                    result.outputs.data_ptr<float>() + o);
    network.backward(*activations, *scratch, {0, count}, factor.const_data_ptr<float>() + o,
                     result.gradient.data_ptr<float>() + b * pixels);
  }
  return result;
}

class ConvNetworkLoops : public testing::TestWithParam<std::tuple<NetworkCase, const ConvKernels*>> {
 protected:
  const NetworkCase which_ = std::get<0>(GetParam());
  const ConvKernels& kernels_ = *std::get<1>(GetParam());
  const Sample sample_{which_};
};

TEST_P(ConvNetworkLoops, GiveLibTorchsValuesAndGradients) {
  const torch::Tensor x = sample_.images(5);
  const torch::Tensor exact = sample_.exact(x.to(torch::kDouble));
  const torch::Tensor factor = at::randn(exact.sizes());
  const torch::Tensor gradient =
      autograd_gradient([&](const torch::Tensor& input) { return sample_.exact(input) * factor.to(torch::kDouble); },
                        x.to(torch::kDouble));
  const Result single = computed(sample_.packed(Precision::float32, kernels_), x, factor, 5);
  EXPECT_LT(relative_error(single.outputs, exact), 2e-6);
  EXPECT_LT(relative_error(single.gradient, gradient), 5e-6);
  const Result half = computed(sample_.packed(Precision::bfloat16, kernels_), x, factor, 5);
  EXPECT_LT(relative_error(half.outputs, exact), 3e-2);
  const double cosine =
      at::cosine_similarity(half.gradient.flatten().to(torch::kDouble), gradient.flatten(), 0).item<double>();
  EXPECT_GT(cosine, 0.999);
}

TEST_P(ConvNetworkLoops, GiveLibTorchsGradientsOfTheWeights) {
  const torch::Tensor x = sample_.images(6);
  const torch::Tensor factor = at::randn({6, 21});
  const auto exact = sample_.exact_gradients(x, factor);
  const ConvNetwork network = sample_.packed(Precision::float32, kernels_);
  const auto activations = network.activations(6);
  const auto scratch = network.scratch(4);
  const auto at_image = [&](const torch::Tensor& rows, std::int64_t first) {
    return rows.const_data_ptr<float>() + first * (rows.numel() / 6);
  };
  torch::Tensor outputs = torch::empty({6, 21});
  // The second round finds sums that the first has left at zero.
  for (int round = 0; round < 2; ++round) {
    const ImageRange ranges[] = {{0, 4}, {4, 2}};
    for (const ImageRange& range : ranges) {
      network.forward(*activations, *scratch, range, at_image(x, range.first),
                      outputs.data_ptr<float>() + range.first * 21);
    }
    for (const ImageRange& range : ranges) {
      network.add_gradients(*activations, *scratch, range, at_image(x, range.first), at_image(factor, range.first));
    }
    for (std::size_t l = 0; l < sample_.layers().size(); ++l) {
      torch::Tensor weight = torch::zeros_like(sample_.weights()[l]);
      torch::Tensor bias = torch::zeros_like(sample_.biases()[l]);
      network.take_gradients(*scratch, l, weight.data_ptr<float>(), bias.data_ptr<float>());
      EXPECT_LT(relative_error(weight, exact[l]), 1e-5) << l;
      EXPECT_LT(relative_error(bias, exact[sample_.layers().size() + l]), 1e-5) << l;
    }
  }
}

TEST_P(ConvNetworkLoops, TakeOtherWeightsOfTheSameShapesOnly) {
  ConvNetwork network = sample_.packed(Precision::float32, kernels_);
  const torch::Tensor x = sample_.images(2);
  const torch::Tensor factor = at::randn({2, 21});
  const Sample other(which_, /*seed=*/8);
  ASSERT_TRUE(network.load(other.layers()));
  const Result loaded = computed(network, x, factor, 2);
  const Result fresh = computed(other.packed(Precision::float32, kernels_), x, factor, 2);
  EXPECT_TRUE(at::equal(loaded.outputs, fresh.outputs));
  EXPECT_TRUE(at::equal(loaded.gradient, fresh.gradient));
  std::vector<ConvLayer> changed = other.layers();
  changed.back().out_channels += 1;
  EXPECT_FALSE(network.load(changed));
}

TEST_P(ConvNetworkLoops, GiveAnImageTheSameBitsInEveryBatch) {
  const torch::Tensor x = sample_.images(7);
  const torch::Tensor factor = at::randn({7, 21});
  for (const Precision precision : {Precision::float32, Precision::bfloat16}) {
    const ConvNetwork network = sample_.packed(precision, kernels_);
    const Result whole = computed(network, x, factor, 7);
    for (const std::int64_t part : {1, 2, 3, 5}) {
      const Result parts = computed(network, x, factor, part);
      EXPECT_TRUE(at::equal(parts.outputs, whole.outputs)) << part;
      EXPECT_TRUE(at::equal(parts.gradient, whole.gradient)) << part;
    }
  }
}

TEST_P(ConvNetworkLoops, LetNotANumberThrough) {
  torch::Tensor x = sample_.images(2);
  x[1].fill_(std::numeric_limits<float>::quiet_NaN());
  for (const Precision precision : {Precision::float32, Precision::bfloat16}) {
    const Result result = computed(sample_.packed(precision, kernels_), x, at::ones({2, 21}), 2);
    EXPECT_TRUE(result.outputs[0].isfinite().all().item<bool>());
    EXPECT_TRUE(result.outputs[1].isnan().any().item<bool>());
  }
}

INSTANTIATE_TEST_SUITE_P(All, ConvNetworkLoops,
                         testing::Combine(testing::ValuesIn(networks()), testing::ValuesIn(conv_kernels_and_amx())),
                         [](const auto& which) {
                           std::string name =
                               std::string(std::get<0>(which.param).name) + std::get<1>(which.param)->name;
                           std::erase_if(name, [](char c) { return std::isalnum(c) == 0; });
                           return name;
                         });

/// Puts CEBM_KERNELS back as it was.
class ChosenKernels : public testing::Test {
 protected:
  void TearDown() override { before_ == nullptr ? unsetenv("CEBM_KERNELS") : choose(copy_.c_str()); }
  static int choose(const char* name) { return setenv("CEBM_KERNELS", name, /*overwrite=*/1); }

 private:
  const char* before_ = std::getenv("CEBM_KERNELS");
  std::string copy_ = before_ == nullptr ? "" : before_;
};

TEST_F(ChosenKernels, AreTheFastestUnlessTheEnvironmentNamesOthers) {
  choose("");
  EXPECT_EQ(&chosen_conv_kernels(), available_conv_kernels().front());
  for (const ConvKernels* kernels : available_conv_kernels()) {
    choose(kernels->name);
    EXPECT_EQ(&chosen_conv_kernels(), kernels) << kernels->name;
  }
  choose("GENERIC");
  EXPECT_EQ(chosen_conv_kernels().name, std::string("generic"));
  choose("avx-1024");
  const std::string message = message_of<ConfigError>([] { (void)chosen_conv_kernels(); });
  EXPECT_NE(message.find("CEBM_KERNELS: expected"), std::string::npos) << message;
  EXPECT_NE(message.find("generic"), std::string::npos) << message;
}

TEST(ConvKernelSets, SayWhetherTheProcessorMultipliesBfloat16) {
  for (const ConvKernels* kernels : available_conv_kernels()) {
    const std::string name = kernels->name;
    EXPECT_EQ(kernels->multiplies_bf16, name == "AVX-512 BF16" || name == "AMX") << name;
  }
}

TEST(ConvKernelSets, MultiplyByAmxAsByItsRulesInSoftware) {
  const ConvKernels& fastest = *available_conv_kernels().front();
  if (fastest.name != std::string("AMX")) {
    GTEST_SKIP() << "no AMX here, or the system keeps it to itself: its kernels have run in software alone";
  }
  for (const NetworkCase& which : networks()) {
    const Sample sample(which);
    const torch::Tensor x = sample.images(5);
    const torch::Tensor factor = at::randn({5, 21});
    const Result found = computed(sample.packed(Precision::bfloat16, fastest), x, factor, 5);
    const Result expected = computed(sample.packed(Precision::bfloat16, conv_amx_in_software), x, factor, 5);
    // Sums near the middle of two bfloat16 numbers may round to either.
    EXPECT_LT(relative_error(found.outputs, expected.outputs), 1e-2) << which.name;
    EXPECT_LT(relative_error(found.gradient, expected.gradient), 1e-2) << which.name;
  }
}

TEST(ConvNetwork, RoundsLessByParts) {
  const NetworkCase deep{"Deep", 1, {28, 28}, {{64, window(3, 1, 1)}, {64, window(4, 2, 1)}, {64, window(4, 2, 1)}}};
  const Sample sample(deep);
  const torch::Tensor x = sample.images(4);
  const torch::Tensor exact = sample.exact(x.to(torch::kDouble));
  for (const ConvKernels* const kernels : available_conv_kernels()) {
    const ConvNetwork network = sample.packed(Precision::float32, *kernels);
    const auto activations = network.activations(4);
    const auto scratch = network.scratch(4);
    const auto error = [&](Summation summation) {
      const torch::Tensor found = at::empty({4, network.outputs()});
      network.forward(*activations, *scratch, {0, 4}, x.const_data_ptr<float>(), found.data_ptr<float>(), summation);
      return (found.to(torch::kDouble) - exact).norm().item<double>();
    };
    EXPECT_LT(error(Summation::by_parts), 0.7 * error(Summation::plain)) << kernels->name;
  }
}

TEST(Bfloat16, RoundsLikeLibTorch) {
  const auto rounded = [](float value) {
    Bfloat16 stored{};
    assign(stored, value);
    return widened(stored);
  };
  const torch::Tensor values = at::randn({10000}) * at::randn({10000}).exp();
  const torch::Tensor expected = values.to(torch::kBFloat16).to(torch::kFloat);
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    ASSERT_EQ(rounded(values[i].item<float>()), expected[i].item<float>()) << values[i].item<float>();
  }
  EXPECT_TRUE(std::isnan(rounded(std::numeric_limits<float>::quiet_NaN())));
}

TEST(ConvNetwork, RefusesLayersThatDoNotFit) {
  const std::vector<float> weight(1000);
  const ConvKernels& kernels = *available_conv_kernels().back();
  ConvLayer layer{1, 4, window(3, 1, 0), weight.data(), weight.data(), std::nullopt};
  const auto build = [&](Extent image, std::vector<ConvLayer> layers) {
    return ConvNetwork(image, layers, Precision::float32, kernels).outputs();
  };
  EXPECT_EQ(build({3, 3}, {layer}), 4);
  EXPECT_THROW(build({2, 3}, {layer}), std::invalid_argument);         // smaller than the kernel
  EXPECT_THROW(build({4, 3}, {layer}), std::invalid_argument);         // two positions are left
  EXPECT_THROW(build({5, 5}, {layer, layer}), std::invalid_argument);  // 4 channels into 1
  EXPECT_THROW(build({3, 3}, {}), std::invalid_argument);
  layer.activation = KernelActivation{Nonlinearity::silu};
  EXPECT_THROW(build({3, 3}, {layer}), std::invalid_argument);
}

}  // namespace
}  // namespace cebm::kernels::cpu
