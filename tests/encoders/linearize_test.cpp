#include <cebm/encoder.h>
#include <gtest/gtest.h>

#include "contract/rows.h"
#include "encoders/reference_network.h"
#include "support/numeric.h"

namespace cebm {
namespace {

struct Case {
  std::string activation;
  std::int64_t batch;
  bool channels_last;
};

std::string name_of(const Case& which) {
  return which.activation + "_" + std::to_string(which.batch) + (which.channels_last ? "_nhwc" : "_nchw");
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const ActivationEntry& row : catalog().activations.rows()) {
    for (const std::int64_t batch : {1, 7}) {
      for (const bool channels_last : {false, true}) all.push_back({row.name, batch, channels_last});
    }
  }
  return all;
}

/// Two convolutions and two hidden layers on images of 3 x 10 x 13.
Architecture network(const std::string& activation) {
  CnnOptions options = cnn_options({4, 6}, activation, {9, 5});
  options.kernels = {3, 4};
  options.strides = {1, 2};
  options.paddings = {1, 1};
  return {"network", {3, 10, 13}, options, 8, 0};
}

/// Value and pull-back equal forward's and autograd's through the whole graph, weights included.
void expect_exact(Encoder& encoder, const torch::Tensor& x, double bound) {
  const Linearization result = encoder.linearize(x);
  const torch::Tensor output = encoder.forward(x);
  EXPECT_LT(relative_error(result.output, output), bound);
  const torch::Tensor v = normal(output.sizes(), {.seed = 5}).to(x.scalar_type());
  const torch::Tensor expected =
      autograd_gradient([&](const torch::Tensor& input) { return encoder.forward(input) * v; }, x);
  EXPECT_LT(relative_error(result.pull_back(v), expected), bound);
  EXPECT_LT(relative_error(result.pull_back(2.0 * v), 2.0 * expected), bound) << "a second use";
}

/// No graph hangs on the results and no weight has a gradient.
void expect_detached(Encoder& encoder, const torch::Tensor& x) {
  const Linearization result = encoder.linearize(x);
  EXPECT_FALSE(result.output.requires_grad());
  EXPECT_FALSE(result.pull_back(torch::ones_like(result.output)).requires_grad());
  EXPECT_FALSE(x.grad().defined());
  for (const auto& parameter : encoder.parameters()) EXPECT_FALSE(parameter.grad().defined());
}

class Linearize : public testing::TestWithParam<Case> {
 protected:
  torch::Tensor input(const Architecture& which) const {
    const torch::Tensor x = images(GetParam().batch, which.image);
    return GetParam().channels_last ? x.contiguous(torch::MemoryFormat::ChannelsLast) : x;
  }
};

TEST_P(Linearize, EqualsForwardAndAutogradInFloat32) {
  const Architecture which = network(GetParam().activation);
  expect_exact(*build(which), input(which), 1e-5);
}

TEST_P(Linearize, EqualsForwardAndAutogradInFloat64) {
  const Architecture which = network(GetParam().activation);
  const auto encoder = build(which);
  encoder->to(torch::kFloat64);
  expect_exact(*encoder, input(which).to(torch::kFloat64), 1e-10);
}

INSTANTIATE_TEST_SUITE_P(Cnn, Linearize, testing::ValuesIn(cases()),
                         [](const auto& which) { return name_of(which.param); });

TEST(CnnLinearize, LeavesNoGraphAndNoGradients) {
  const Architecture which = network("silu");
  expect_detached(*build(which), images(2, which.image));
  expect_detached(*build(which), images(2, which.image).requires_grad_(true));
}

TEST(CnnLinearize, WorksWithoutConvolutions) {
  CnnOptions options = cnn_options({}, "silu", {9});
  options.kernels = options.strides = options.paddings = {};
  const Architecture which{"linear", {2, 4, 5}, options, 3, 0};
  expect_exact(*build(which), images(2, which.image), 1e-5);
  expect_exact(*build(which), images(2, which.image).contiguous(torch::MemoryFormat::ChannelsLast), 1e-5);
}

/// An encoder that brings no linearize() of its own: tanh(W x).
class TanhEncoder final : public Encoder {
 public:
  TanhEncoder() : weight_(register_parameter("weight", normal({6, 20}, {.seed = 2}))) {}
  torch::Tensor forward(const torch::Tensor& x) override { return torch::tanh(at::linear(x.flatten(1), weight_)); }

 private:
  torch::Tensor weight_;
};

TEST(DefaultLinearize, EqualsForwardAndAutograd) {
  TanhEncoder encoder;
  encoder.to(torch::kFloat64);
  const torch::Tensor x = images(3, {1, 4, 5}).to(torch::kFloat64);
  expect_exact(encoder, x, 1e-12);
  const torch::NoGradGuard no_graph;  // as inside a sampler
  const Linearization result = encoder.linearize(x);
  const torch::Tensor y = encoder.forward(x);
  const torch::Tensor expected = (1 - y.square()).matmul(encoder.parameters()[0]).view_as(x);
  EXPECT_LT(relative_error(result.pull_back(torch::ones_like(y)), expected), 1e-12);
}

TEST(DefaultLinearize, LeavesNoGraphAndNoGradients) {
  TanhEncoder encoder;
  expect_detached(encoder, images(3, {1, 4, 5}));
}

TEST(Activation, EqualsItsFormulaAndItsDerivativeThatOfTheFormula) {
  const torch::Tensor a = torch::linspace(-6, 6, 1202, torch::kFloat64);  // without zero
  for (const ActivationEntry& row : catalog().activations.rows()) {
    const std::string& name = row.name;
    const Activation activation(name, 0.3);
    const auto formula = [&](const torch::Tensor& input) { return reference_activation(activation, input); };
    EXPECT_LT(relative_error(activation(a), formula(a)), 1e-14) << name;
    const torch::Tensor ones = torch::ones_like(a);
    EXPECT_LT(relative_error(activation.pull_back(a, ones), autograd_gradient(formula, a)), 1e-13);
  }
}

}  // namespace
}  // namespace cebm
