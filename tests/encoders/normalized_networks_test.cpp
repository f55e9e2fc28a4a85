#include <ATen/ops/batch_norm.h>
#include <c10/core/GradMode.h>
#include <cebm/errors.h>
#include <cebm/module_state.h>
#include <cebm/normalized_networks.h>
#include <cebm/run.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/folder_test.h"
#include "support/numeric.h"

namespace cebm {
namespace {

constexpr ImageShape kImage{2, 9, 8};
const Pass kTraining{Statistics::batch};

NormalizedCnnOptions two_layers(double dropout = 0.0) {
  NormalizedCnnOptions options;
  options.layers.channels = {5, 4};
  options.layers.kernels = {3, 4};
  options.layers.strides = {1, 2};
  options.layers.paddings = {1, 1};
  options.layers.activation.select("leaky_relu");
  options.layers.hidden = {7};
  options.dropout = dropout;
  return options;
}

NormalizedCnnContext context(std::uint64_t seed = 1) {
  return {.name = "encoder", .image = kImage, .side_inputs = 3, .outputs = 6, .seed = seed};
}

torch::Tensor numbers(std::vector<std::int64_t> shape, std::uint64_t seed) {
  return normal(shape, {.seed = seed}).to(torch::kFloat64);
}

/// Weights of normalisation that are not one and zero, and running averages likewise.
void disturb(torch::nn::Module& network) {
  network.to(torch::kFloat64);
  const torch::NoGradGuard no_graph;
  for (auto& item : network.named_parameters()) {
    if (item.value().dim() == 1) item.value().add_(numbers(item.value().sizes().vec(), 5), 0.3);
  }
  for (auto& item : network.named_buffers()) item.value().add_(numbers(item.value().sizes().vec(), 6).abs());
}

struct Sample {
  torch::Tensor x = numbers({37, 2, 9, 8}, 1) * 2.0 + 0.7;  // two whole tiles and a part of one
  torch::Tensor side = numbers({37, 3}, 2);
};

/// One layer's normalisation by LibTorch; moves the averages in `state` where it trains.
torch::Tensor batch_norm(const torch::Tensor& h, State& state, const std::string& name, bool training) {
  return at::batch_norm(h, state.tensors[name + ".weight"], state.tensors[name + ".bias"],
                        state.tensors[name + ".running_mean"], state.tensors[name + ".running_var"], training, 0.1,
                        1e-5, false);
}

/// The two-layer network from LibTorch's operations on the whole batch.
torch::Tensor by_hand(State& state, const Sample& sample, bool training) {
  auto& t = state.tensors;
  torch::Tensor h = sample.x.contiguous();
  for (const char* i : {"0", "1"}) {
    const std::string layer = std::string("convolutions.weight") + i;
    h = at::conv2d(h, t[layer].contiguous(), {}, i[0] == '0' ? 1 : 2, 1);
    h = at::leaky_relu(batch_norm(h, state, std::string("convolutions.norm") + i, training), 0.2);
  }
  h = torch::cat({h.flatten(1), sample.side}, 1);
  h = at::leaky_relu(at::linear(h, t["head.weight0"], t["head.bias0"]), 0.2);
  return at::linear(h, t["head.weight1"], t["head.bias1"]);
}

TEST(NormalizedCnn, TrainsWithTheBatchsStatisticsAsLibTorchDoes) {
  NormalizedCnn network(two_layers(), context());
  disturb(network);
  State state = module_state(network);
  const Sample sample;
  const torch::Tensor side = sample.side.clone().requires_grad_(true);
  const torch::Tensor found = network.forward(sample.x, side, kTraining);
  found.pow(3).sum().backward();

  std::vector<std::string> names;
  std::vector<torch::Tensor> leaves;
  for (const auto& item : network.named_parameters()) {
    names.push_back(item.key());
    leaves.push_back(state.tensors[item.key()].requires_grad_(true));
  }
  const torch::Tensor expected = by_hand(state, sample, /*training=*/true);
  EXPECT_LT(relative_error(found, expected), 1e-12);
  const auto gradients = torch::autograd::grad({expected.pow(3).sum()}, leaves);
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_LT(relative_error(network.named_parameters()[names[i]].grad(), gradients[i]), 1e-9) << names[i];
  }
  for (const auto& item : network.named_buffers()) {
    EXPECT_LT(relative_error(item.value(), state.tensors[item.key()]), 1e-13) << item.key();
  }
}

TEST(NormalizedCnn, AfterwardsUsesTheRunningAveragesAndLeavesThemAlone) {
  NormalizedCnn network(two_layers(0.5), context());
  disturb(network);
  State state = module_state(network);
  const Sample sample;
  const torch::Tensor all = network.forward(sample.x, sample.side, {});
  EXPECT_LT(relative_error(all, by_hand(state, sample, /*training=*/false)), 1e-12) << "nothing is dropped either";
  const torch::Tensor some = network.forward(sample.x.narrow(0, 20, 3), sample.side.narrow(0, 20, 3), {});
  EXPECT_LT(relative_error(some, all.narrow(0, 20, 3)), 1e-12) << "each image on its own";
  for (const auto& item : network.named_buffers()) EXPECT_TRUE(item.value().equal(state.tensors[item.key()]));
}

TEST(NormalizedCnn, ImagesFarFromZeroAreNormalisedAlike) {
  // A constant added to an image passes an inner 1 x 1 convolution as a constant, which the mean takes away.
  NormalizedCnnOptions options;
  options.layers.channels = {4};
  options.layers.kernels = {1};
  options.layers.strides = {1};
  options.layers.paddings = {0};
  NormalizedCnn network(options, {.name = "encoder", .image = kImage, .outputs = 2});
  const torch::Tensor x = Sample().x.to(torch::kFloat);
  const torch::Tensor far = network.forward(x + 100.0, {}, kTraining);
  EXPECT_LT(relative_error(far, network.forward(x, {}, kTraining)), 1e-3);
}

/// A network that gives its single convolution's activations as they are.
class Bare {
 public:
  explicit Bare(double dropout) {
    NormalizedCnnOptions options;
    options.layers.channels = {20};
    options.layers.kernels = {1};
    options.layers.strides = {1};
    options.layers.paddings = {0};
    options.dropout = dropout;
    network_ = std::make_unique<NormalizedCnn>(options,
                                               NormalizedCnnContext{.name = "bare", .image = {1, 2, 2}, .outputs = 80});
    const torch::NoGradGuard no_graph;
    for (auto& item : network_->named_parameters()) {
      if (item.key() == "head.weight0") item.value().copy_(torch::eye(80));
      if (item.key() == "head.bias0") item.value().zero_();
    }
  }
  torch::Tensor operator()(const torch::Tensor& x, std::uint64_t step) {
    const torch::NoGradGuard no_graph;
    return network_->forward(x, {}, {Statistics::batch, {.seed = 3, .stream = Stream::dropout, .step = step}})
        .view({-1, 20, 4});
  }

 private:
  std::unique_ptr<NormalizedCnn> network_;
};

TEST(NormalizedCnn, DropoutTakesWholeChannelsAndScalesTheOthers) {
  const torch::Tensor x = normal({100, 1, 2, 2}, {.seed = 1});
  const torch::Tensor whole = Bare(0.0)(x, 0);
  Bare bare(0.2);
  const torch::Tensor dropped = bare(x, 0);
  const torch::Tensor gone = dropped.eq(0.0).all(2);  // [100, 20]
  const torch::Tensor kept = whole / 0.8 * gone.logical_not().unsqueeze(2);
  EXPECT_LT(relative_error(dropped, kept), 1e-6);
  // 2,000 channels: the standard error of their share is 0.009.
  EXPECT_NEAR(gone.to(torch::kFloat).mean().item<double>(), 0.2, 0.04);
  EXPECT_TRUE(bare(x, 0).equal(dropped)) << "a function of the key";
  EXPECT_FALSE(bare(x, 1).eq(0.0).all(2).equal(gone));
  EXPECT_TRUE(bare(x.narrow(0, 0, 30), 0).eq(0.0).all(2).equal(gone.narrow(0, 0, 30))) << "row by row";
}

TEST(NormalizedTransposedCnn, EqualsItsLayersWrittenOutByHand) {
  TransposedCnnOptions options;
  options.start = {};
  options.layers.channels = {6, 5};
  options.layers.kernels = {4, 4, 3};
  options.layers.strides = {1, 2, 2};
  options.layers.paddings = {1, 1, 1};
  options.layers.hidden = {};
  options.layers.activation.select("relu");
  NormalizedTransposedCnn network(options, {{1, 7, 7}, 10, 1});
  disturb(network);
  State state = module_state(network);
  const torch::Tensor z = numbers({20, 10}, 7);
  torch::Tensor h = z.view({20, 10, 1, 1});
  for (const int i : {0, 1, 2}) {
    const std::string number = std::to_string(i);
    h = at::conv_transpose2d(h, state.tensors["convolutions.weight" + number].contiguous(), {}, i == 0 ? 1 : 2, 1);
    if (i < 2) h = at::relu(batch_norm(h, state, "convolutions.norm" + number, /*training=*/true));
  }
  h = h + state.tensors["convolutions.bias2"];
  EXPECT_LT(relative_error(network.forward(z, kTraining), h), 1e-12);
}

TEST(NormalizedTransposedCnn, FullyConnectedLayersLeadToALargerStart) {
  TransposedCnnOptions options;
  options.start = {3, 4, 5};
  options.layers.channels = {};
  options.layers.kernels = {4};
  options.layers.strides = {2};
  options.layers.paddings = {1};
  options.layers.hidden = {8};
  NormalizedTransposedCnn network(options, {{2, 8, 10}, 6, 1});
  EXPECT_EQ(network.forward(normal({3, 6}, {.seed = 1}), {}).sizes(), (std::vector<std::int64_t>{3, 2, 8, 10}));
  EXPECT_EQ(network.named_parameters()["front.weight1"].sizes(), (std::vector<std::int64_t>{60, 8}));
}

TEST(NormalizedNetworks, WeightsAreAFunctionOfTheSeedAndOfTheFirstParametersNumber) {
  const auto weights = [](const NormalizedCnnContext& where) {
    return NormalizedCnn(two_layers(), where).named_parameters()["convolutions.weight1"];
  };
  EXPECT_TRUE(weights(context(1)).equal(weights(context(1))));
  EXPECT_FALSE(weights(context(2)).equal(weights(context(1))));
  NormalizedCnnContext elsewhere = context(1);
  elsewhere.first_parameter = 1000000;
  EXPECT_FALSE(weights(elsewhere).equal(weights(context(1))));
}

TEST(NormalizedNetworks, RefuseLayersThatDoNotFitByTheNetworksName) {
  NormalizedCnnOptions lists = two_layers();
  lists.layers.strides = {1};
  const auto refusal = [](const NormalizedCnnOptions& options) {
    return message_of<ConfigError>([&] { NormalizedCnn(options, context()); });
  };
  EXPECT_NE(refusal(lists).find("encoder: channels, kernels, strides and paddings must have the same length"),
            std::string::npos);
  NormalizedCnnOptions large = two_layers();
  large.layers.kernels = {3, 11};
  EXPECT_NE(refusal(large).find("encoder: layer 1 has a kernel of 11"), std::string::npos);
  TransposedCnnOptions generator;
  EXPECT_NE(message_of<ConfigError>([&] {
              NormalizedTransposedCnn(generator, {{1, 32, 32}, 6, 1});
            }).find("generator: "),
            std::string::npos);
}

}  // namespace
}  // namespace cebm
