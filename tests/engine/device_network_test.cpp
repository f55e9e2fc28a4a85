// The network that the CUDA engine computes, here on the CPU with its kernels on the CPU layer.
#include "engine/cuda/device_network.h"

#include <ATen/ATen.h>
#include <cebm/random.h>
#include <gtest/gtest.h>

#include "cuda_on_cpu/back_end.h"
#include "models/build_models.h"
#include "support/numeric.h"

namespace cebm::device_network_test {
namespace {

std::vector<ModelCase> cases() {
  return {{Head::gaussian, Network::small, true, "negative_square", {3, 12, 10}},
          {Head::gaussian, Network::small, true, "negative_square", {1, 11, 9}},
          {Head::igebm, Network::small, true, "negative_square", {3, 13, 10}},
          {Head::gaussian, Network::paper},
          {Head::mixture_per_component, Network::authors},
          {Head::gaussian, Network::paper, true, "negative_square", {3, 32, 32}}};
}

std::unique_ptr<DeviceNetwork> network_of(const EnergyPlan& plan, ImageShape image, Precision precision) {
  static const DeviceBackEnd back_end = back_end_on_cpu();
  return DeviceNetwork::make(plan.layers, image, torch::kCPU, precision, back_end);
}

torch::Tensor pictures(std::int64_t count, ImageShape image) {
  return uniform({count, image.channels, image.height, image.width}, {.seed = 5}, -1.0F, 1.0F)
      .contiguous(torch::MemoryFormat::ChannelsLast);
}

torch::Tensor gradient_of(DeviceNetwork& network, const EnergyPlan& plan, const torch::Tensor& x) {
  const torch::NoGradGuard no_graph;
  const torch::Tensor outputs = network.forward(x) + network.last_bias();
  return network.backward(plan.head->gradient(outputs, 0));
}

torch::Tensor exact_gradient(EnergyModel& model, const torch::Tensor& x) {
  return autograd_gradient([&](const torch::Tensor& input) { return model.energy(input); }, x);
}

double cosine(const torch::Tensor& a, const torch::Tensor& b) {
  return at::cosine_similarity(a.reshape({-1}).to(torch::kDouble), b.reshape({-1}).to(torch::kDouble), 0)
      .item<double>();
}

class DeviceNetworks : public testing::TestWithParam<ModelCase> {};

TEST_P(DeviceNetworks, GiveAutogradsGradient) {
  const auto model = build_model(GetParam());
  const std::optional<EnergyPlan> plan = model->plan();
  ASSERT_TRUE(plan);
  const torch::Tensor x = pictures(5, GetParam().image);
  const torch::Tensor exact = exact_gradient(*model, x);
  const auto single = network_of(*plan, GetParam().image, Precision::float32);
  ASSERT_TRUE(single);
  const torch::Tensor gradient = gradient_of(*single, *plan, x);
  EXPECT_TRUE(gradient.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_EQ(gradient.scalar_type(), torch::kFloat);
  EXPECT_LT(error_of_all_but_one(gradient, exact), 1e-5);
  const auto half = network_of(*plan, GetParam().image, Precision::bfloat16);
  const torch::Tensor rounded = gradient_of(*half, *plan, x);
  EXPECT_EQ(rounded.scalar_type(), torch::kFloat);
  EXPECT_GT(cosine(rounded, exact), 0.99);
  EXPECT_FALSE(at::equal(rounded, gradient));  // or bfloat16 was not used
}

INSTANTIATE_TEST_SUITE_P(Models, DeviceNetworks, testing::ValuesIn(cases()), [](const auto& which) {
  return which.param.name() + "_" + std::to_string(which.param.image.channels);
});

class DeviceNetworkActivations : public testing::TestWithParam<std::string> {};

TEST_P(DeviceNetworkActivations, AreAutogradsOrLeftToLibTorch) {
  for (const double slope : {0.0, 0.2, 1.0}) {
    const auto activation = std::make_shared<Activation>(GetParam(), slope);
    const ModelCase which{Head::gaussian, Network::small, true, "negative_square", {3, 12, 10}, activation};
    const auto model = build_model(which);
    const std::optional<EnergyPlan> plan = model->plan();
    const auto single = network_of(*plan, which.image, Precision::float32);
    ASSERT_EQ(single != nullptr, activation->kernel().has_value());
    if (!single) return;
    const torch::Tensor x = pictures(5, which.image);
    const torch::Tensor exact = exact_gradient(*model, x);
    EXPECT_LT(error_of_all_but_one(gradient_of(*single, *plan, x), exact), 1e-5);
    const auto half = network_of(*plan, which.image, Precision::bfloat16);
    EXPECT_GT(cosine(gradient_of(*half, *plan, x), exact), 0.99);
  }
}

INSTANTIATE_TEST_SUITE_P(All, DeviceNetworkActivations, testing::Values("relu", "leaky_relu", "silu"),
                         [](const auto& which) { return which.param; });

TEST(DeviceNetwork, ComputesLayersWithoutActivationAndASingleLayer) {
  FeedForwardLayer convolution{torch::randn({5, 2, 3, 2}), torch::randn({5}), 2, 1, std::nullopt};
  FeedForwardLayer last{torch::randn({3, 5 * 4 * 3}), torch::randn({3}), 1, 0, std::nullopt};
  FeedForwardLayer only{torch::randn({3, 2 * 7 * 5}), torch::randn({3}), 1, 0, std::nullopt};
  const torch::Tensor g = torch::randn({4, 3});
  for (const auto& layers : {std::vector{convolution, last}, std::vector{only}}) {
    const DeviceBackEnd back_end = back_end_on_cpu();
    const auto network = DeviceNetwork::make(layers, {2, 7, 5}, torch::kCPU, Precision::float32, back_end);
    ASSERT_TRUE(network);
    const torch::Tensor x = pictures(4, {2, 7, 5});
    const auto exact = [&](const torch::Tensor& input) {
      torch::Tensor h = input.to(torch::kDouble);
      for (const FeedForwardLayer& layer : layers) {
        const torch::Tensor w = layer.weight.to(torch::kDouble);
        const torch::Tensor b = layer.bias.to(torch::kDouble);
        h = w.dim() == 4 ? at::conv2d(h, w, b, layer.stride, layer.padding) : at::linear(h.flatten(1), w, b);
      }
      return h;
    };
    EXPECT_LT(relative_error(network->forward(x) + network->last_bias(), exact(x)), 1e-5);
    const torch::Tensor expected = autograd_gradient([&](const torch::Tensor& input) { return exact(input) * g; }, x);
    EXPECT_LT(relative_error(network->backward(g), expected), 1e-5);
  }
}

TEST(DeviceNetwork, TakesNewWeightsWithoutMovingItsOwn) {
  const ImageShape image{3, 12, 10};
  const auto old_model = build_model({Head::gaussian, Network::small, true, "negative_square", image}, 1);
  const auto new_model = build_model({Head::gaussian, Network::small, true, "negative_square", image}, 2);
  const std::optional<EnergyPlan> plan = new_model->plan();
  const torch::Tensor x = pictures(5, image);
  const auto network = network_of(*old_model->plan(), image, Precision::float32);
  EXPECT_GT(relative_error(gradient_of(*network, *plan, x), exact_gradient(*new_model, x)), 1e-2);
  ASSERT_TRUE(network->load(plan->layers));
  EXPECT_LT(relative_error(gradient_of(*network, *plan, x), exact_gradient(*new_model, x)), 1e-5);
}

TEST(DeviceNetwork, TakesNoWeightsOfOtherLayersOfTheSameSizes) {
  const ImageShape image{3, 12, 10};
  const EnergyPlan plan = *build_model({Head::gaussian, Network::small, true, "negative_square", image})->plan();
  const auto network = network_of(plan, image, Precision::float32);
  const auto loads = [&](const std::function<void(FeedForwardLayer&)>& change) {
    std::vector<FeedForwardLayer> layers = plan.layers;
    change(layers.front());
    return network->load(layers);
  };
  EXPECT_TRUE(loads([](FeedForwardLayer&) {}));
  EXPECT_FALSE(loads([](FeedForwardLayer& layer) { layer.activation->select("relu"); }));
  EXPECT_FALSE(loads([](FeedForwardLayer& layer) { layer.activation = std::nullopt; }));
  EXPECT_FALSE(loads([](FeedForwardLayer& layer) { layer.stride = 2; }));
  EXPECT_FALSE(loads([](FeedForwardLayer& layer) { layer.padding = 0; }));
  EXPECT_FALSE(loads([](FeedForwardLayer& layer) { layer.weight = layer.weight.reshape({4, 3, 9, 1}); }));
}

TEST(DeviceNetwork, RefusesWhatItCannotCompute) {
  const ImageShape image{3, 12, 10};
  const auto model = build_model({Head::gaussian, Network::small, true, "negative_square", image});
  EnergyPlan plan = *model->plan();
  const auto network = network_of(plan, image, Precision::float32);
  ASSERT_TRUE(network);
  const DeviceBackEnd back_end = back_end_on_cpu();
  EXPECT_FALSE(DeviceNetwork::make(plan.layers, image, torch::kCUDA, Precision::float32, back_end));
  const auto other = build_model({Head::mixture_per_component, Network::small, true, "negative_square", image});
  EXPECT_FALSE(network->load(other->plan()->layers));
  plan.layers.back().activation = Activation{};
  EXPECT_FALSE(network_of(plan, image, Precision::float32));
  plan.layers.back().activation = std::nullopt;
  plan.layers.front().activation = Activation("leaky_relu", -0.5);
  EXPECT_FALSE(network_of(plan, image, Precision::float32));
  model->to(torch::kFloat64);
  EXPECT_FALSE(network_of(*model->plan(), image, Precision::float32));
  EXPECT_FALSE(network->load(model->plan()->layers));
}

}  // namespace
}  // namespace cebm::device_network_test
