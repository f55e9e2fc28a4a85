// Every instruction set's loops against LibTorch in float64, on shapes that no shipped decoder has.
#include "kernels/cpu/transposed_network.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <optional>

#include "kernels/cpu/instruction_sets.h"
#include "kernels/network_case.h"
#include "support/numeric.h"

namespace cebm::kernels::cpu {
namespace {

std::vector<NetworkCase> transposed_networks() {
  constexpr auto leaky = Nonlinearity::leaky_relu;
  return {
      {"OneLayer", 5, {3, 2}, {{2, window(4, 2, 1), std::nullopt}}},
      {"Authors",
       32,
       {3, 3},
       {{32, window(4, 2, 1), leaky},
        {64, window(4, 2, 1)},
        {64, window(4, 2, 0)},
        {1, window(3, 1, 0), std::nullopt}}},
      {"OddChannels",
       7,
       {4, 3},
       {{21, window(3, 1, 1), leaky}, {5, window(4, 2, 1)}, {3, window(5, 2, 2), std::nullopt}}},
      {"OnePixel",
       18,
       {1, 1},
       {{33, window(4, 1, 0)}, {17, window(3, 3, 1), leaky}, {3, window(4, 2, 1), std::nullopt}}},
      {"WideStride", 16, {2, 3}, {{20, window(2, 3, 0), leaky}, {2, window(3, 4, 1), std::nullopt}}},
      {"NotSquare", 16, {3, 5}, {{17, {{4, 2}, {2, 1}, 1}}, {1, {{2, 6}, {1, 3}, 1}, std::nullopt}}},
      {"Linear", 16, {5, 5}, {{16, window(1, 1, 0), std::nullopt}, {3, window(3, 2, 0), std::nullopt}}},
  };
}

/// A network with random weights, and the same in LibTorch's terms.
class TransposedSample {
 public:
  explicit TransposedSample(const NetworkCase& which, std::uint64_t seed = 7) : which_(which) {
    at::manual_seed(seed);
    std::int64_t channels = which.channels;
    for (const LayerCase& layer : which.layers) {
      const Extent kernel = layer.window.kernel;
      const double scale = 1.5 / std::sqrt(static_cast<double>(channels * kernel.height * kernel.width));
      weights_.push_back(at::randn({channels, layer.channels, kernel.height, kernel.width}) * scale);
      biases_.push_back(at::randn({layer.channels}) * 0.3);
      layers_.push_back(
          {layer.channels, channels, layer.window, weights_.back().const_data_ptr<float>(),
           biases_.back().const_data_ptr<float>(),
           layer.activation ? std::optional(KernelActivation{*layer.activation, layer.slope}) : std::nullopt});
      channels = layer.channels;
    }
  }

  torch::Tensor inputs(std::int64_t count) const {
    return at::randn({count, which_.channels, which_.image.height, which_.image.width})
        .contiguous(at::MemoryFormat::ChannelsLast);
  }

  /// The images, and the gradients of their product with `factor`: of x, then of every layer's weight and bias;
  /// float64.
  std::pair<torch::Tensor, std::vector<torch::Tensor>> exact(const torch::Tensor& x,
                                                             const torch::Tensor& factor) const {
    const torch::AutoGradMode record(true);
    std::vector<torch::Tensor> leaves{x.to(torch::kDouble).requires_grad_(true)};
    torch::Tensor h = leaves[0];
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const Window& w = layers_[l].window;
      leaves.push_back(weights_[l].to(torch::kDouble).requires_grad_(true));
      leaves.push_back(biases_[l].to(torch::kDouble).requires_grad_(true));
      h = at::conv_transpose2d(h, leaves[2 * l + 1], leaves[2 * l + 2], {w.stride.height, w.stride.width},
                               {w.padding, w.padding});
      if (!layers_[l].activation) continue;
      const auto [kind, slope] = *layers_[l].activation;
      h = kind == Nonlinearity::silu ? at::silu(h) : at::leaky_relu(h, slope);
    }
    return {h.detach(), torch::autograd::grad({(h * factor.to(torch::kDouble)).sum()}, leaves)};
  }

  torch::Tensor factor(std::int64_t count) const {
    const Extent size = packed(*available_conv_kernels().back()).size();
    return at::randn({count, layers_.back().in_channels, size.height, size.width})
        .contiguous(at::MemoryFormat::ChannelsLast);
  }

  const std::vector<torch::Tensor>& weights() const { return weights_; }
  const std::vector<torch::Tensor>& biases() const { return biases_; }
  const std::vector<ConvLayer>& layers() const { return layers_; }
  TransposedNetwork packed(const ConvKernels& kernels) const {
    return TransposedNetwork(which_.image, layers_, kernels);
  }

 private:
  const NetworkCase& which_;
  std::vector<torch::Tensor> weights_;
  std::vector<torch::Tensor> biases_;
  std::vector<ConvLayer> layers_;
};

struct TransposedResult {
  torch::Tensor images;
  torch::Tensor gradient;
  std::vector<torch::Tensor> of_weights;  ///< weight and bias of every layer
};

/// In ranges of `part` images, of which all are forward before the first is backward.
TransposedResult computed(const TransposedSample& sample, const TransposedNetwork& network, const torch::Tensor& x,
                          const torch::Tensor& factor, std::int64_t part) {
  const std::int64_t count = x.size(0);
  const auto activations = network.activations(count);
  const auto scratch = network.scratch(part);
  const auto row = [&](const torch::Tensor& tensor, std::int64_t first) {
    return tensor.data_ptr<float>() + first * (tensor.numel() / count);
  };
  TransposedResult result{at::empty_like(factor), at::empty_like(x), {}};
  for (std::int64_t b = 0; b < count; b += part) {
    network.forward(*activations, *scratch, {b, std::min(part, count - b)}, row(x, b), row(result.images, b));
  }
  for (std::int64_t b = 0; b < count; b += part) {
    network.backward(*activations, *scratch, {b, std::min(part, count - b)}, row(factor, b), /*weights=*/true,
                     row(result.gradient, b));
  }
  for (std::size_t l = 0; l < sample.layers().size(); ++l) {
    result.of_weights.push_back(at::zeros_like(sample.weights()[l], at::MemoryFormat::Contiguous));
    result.of_weights.push_back(at::zeros_like(sample.biases()[l]));
    network.take_gradients(*scratch, l, result.of_weights[2 * l].data_ptr<float>(),
                           result.of_weights[2 * l + 1].data_ptr<float>());
  }
  return result;
}

class TransposedNetworkLoops : public testing::TestWithParam<std::tuple<NetworkCase, const ConvKernels*>> {
 protected:
  const NetworkCase which_ = std::get<0>(GetParam());
  const ConvKernels& kernels_ = *std::get<1>(GetParam());
  const TransposedSample sample_{which_};
};

TEST_P(TransposedNetworkLoops, GiveLibTorchsImagesAndGradients) {
  const TransposedNetwork network = sample_.packed(kernels_);
  const torch::Tensor x = sample_.inputs(6);
  const torch::Tensor factor = sample_.factor(6);
  const auto [images, gradients] = sample_.exact(x, factor);
  const TransposedResult result = computed(sample_, network, x, factor, 4);
  EXPECT_LT(relative_error(result.images, images), 2e-6);
  EXPECT_LT(relative_error(result.gradient, gradients[0]), 5e-6);
  for (std::size_t i = 0; i < result.of_weights.size(); ++i) {
    EXPECT_LT(relative_error(result.of_weights[i], gradients[1 + i]), 1e-5) << i;
  }
}

TEST_P(TransposedNetworkLoops, GiveAnImageTheSameBitsInEveryBatch) {
  const TransposedNetwork network = sample_.packed(kernels_);
  const torch::Tensor x = sample_.inputs(7);
  const torch::Tensor factor = sample_.factor(7);
  const TransposedResult whole = computed(sample_, network, x, factor, 7);
  for (const std::int64_t part : {1, 2, 3, 5}) {
    const TransposedResult parts = computed(sample_, network, x, factor, part);
    EXPECT_TRUE(at::equal(parts.images, whole.images)) << part;
    EXPECT_TRUE(at::equal(parts.gradient, whole.gradient)) << part;
  }
}

TEST_P(TransposedNetworkLoops, LeaveSumsAtZeroWhenTheyAreTakenOrNotWanted) {
  const TransposedNetwork network = sample_.packed(kernels_);
  const torch::Tensor x = sample_.inputs(2);
  const torch::Tensor factor = sample_.factor(2);
  const auto activations = network.activations(2);
  const auto scratch = network.scratch(2);
  const torch::Tensor images = at::empty_like(factor);
  torch::Tensor dx = at::empty_like(x);
  const auto sums_after = [&](bool weights) {
    network.forward(*activations, *scratch, {0, 2}, x.const_data_ptr<float>(), images.data_ptr<float>());
    network.backward(*activations, *scratch, {0, 2}, factor.const_data_ptr<float>(), weights, dx.data_ptr<float>());
    torch::Tensor weight = at::zeros_like(sample_.weights()[0]);
    torch::Tensor bias = at::zeros_like(sample_.biases()[0]);
    network.take_gradients(*scratch, 0, weight.data_ptr<float>(), bias.data_ptr<float>());
    return weight.abs().sum().item<double>() + bias.abs().sum().item<double>();
  };
  const double first = sums_after(true);
  EXPECT_GT(first, 0.0);
  EXPECT_EQ(sums_after(false), 0.0);
  EXPECT_EQ(sums_after(true), first);
}

TEST_P(TransposedNetworkLoops, TakeOtherWeightsOfTheSameShapesOnly) {
  TransposedNetwork network = sample_.packed(kernels_);
  const torch::Tensor x = sample_.inputs(2);
  const torch::Tensor factor = sample_.factor(2);
  const TransposedSample other(which_, /*seed=*/8);
  ASSERT_TRUE(network.load(other.layers()));
  const TransposedResult loaded = computed(other, network, x, factor, 2);
  const TransposedResult fresh = computed(other, other.packed(kernels_), x, factor, 2);
  EXPECT_TRUE(at::equal(loaded.images, fresh.images));
  EXPECT_TRUE(at::equal(loaded.gradient, fresh.gradient));
  std::vector<ConvLayer> changed = other.layers();
  changed.front().out_channels += 1;
  EXPECT_FALSE(network.load(changed));
}

INSTANTIATE_TEST_SUITE_P(All, TransposedNetworkLoops,
                         testing::Combine(testing::ValuesIn(transposed_networks()),
                                          testing::ValuesIn(available_conv_kernels())),
                         [](const auto& which) {
                           std::string name =
                               std::string(std::get<0>(which.param).name) + std::get<1>(which.param)->name;
                           std::erase_if(name, [](char c) { return std::isalnum(c) == 0; });
                           return name;
                         });

TEST(TransposedNetwork, RefusesLayersThatDoNotFit) {
  const std::vector<float> weight(1000);
  const ConvKernels& kernels = *available_conv_kernels().back();
  ConvLayer layer{1, 4, window(3, 1, 0), weight.data(), weight.data(), std::nullopt};
  const auto build = [&](Extent start, std::vector<ConvLayer> layers) {
    return TransposedNetwork(start, layers, kernels).size().height;
  };
  EXPECT_EQ(build({3, 3}, {layer}), 5);
  EXPECT_THROW(build({3, 3}, {}), std::invalid_argument);
  EXPECT_THROW(build({3, 3}, {layer, layer}), std::invalid_argument);  // 1 channel into 4
  layer.window.padding = 2;
  EXPECT_THROW(build({2, 2}, {layer}), std::invalid_argument);  // nothing is left
  layer.window.padding = 0;
  layer.activation = KernelActivation{Nonlinearity::silu};
  EXPECT_THROW(build({3, 3}, {layer}), std::invalid_argument);
}

}  // namespace
}  // namespace cebm::kernels::cpu
