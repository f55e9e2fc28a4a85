// Which activations the kernels compute, and that no other one is taken for one of them.
#include "encoders/kernel_activation.h"

#include <cebm/convolutional.h>
#include <cebm/energy_plan.h>
#include <gtest/gtest.h>

#include "encoders/cpu_network.h"
#include "kernels/cpu/instruction_sets.h"

namespace cebm {
namespace {

using kernels::Curve;

constexpr auto kUnknown = static_cast<ActivationKind>(99);

std::unique_ptr<kernels::cpu::ConvNetwork> packed(const Activation& activation) {
  const FeedForwardLayer first{torch::ones({4, 6}), torch::ones({4}), 1, 0, activation};
  const FeedForwardLayer last{torch::ones({2, 4}), torch::ones({2}), 1, 0, std::nullopt};
  return pack_network({first, last}, {1, 2, 3}, Precision::float32, *kernels::cpu::available_conv_kernels().front());
}

TEST(KernelActivation, IsAReluALeakyReluOrASilu) {
  EXPECT_EQ(kernel_activation({ActivationKind::relu, 0.3}), (KernelActivation{Curve::leaky_relu, 0.0F}));
  EXPECT_EQ(kernel_activation({ActivationKind::leaky_relu, 0.3}), (KernelActivation{Curve::leaky_relu, 0.3F}));
  EXPECT_EQ(kernel_activation({ActivationKind::leaky_relu, 0.0}), (KernelActivation{Curve::leaky_relu, 0.0F}));
  EXPECT_EQ(kernel_activation({ActivationKind::silu, 0.3})->curve, Curve::silu);
}

TEST(KernelActivation, IsNothingElse) {
  EXPECT_EQ(kernel_activation({kUnknown, 0.3}), std::nullopt);
  EXPECT_EQ(kernel_activation({ActivationKind::leaky_relu, -0.3}), std::nullopt);
  EXPECT_EQ(kernel_activation({ActivationKind::leaky_relu, std::nan("")}), std::nullopt);
}

TEST(PackNetwork, LeavesNetworksWithAnotherActivationToLibTorch) {
  EXPECT_NE(packed({ActivationKind::silu, 0.3}), nullptr);
  EXPECT_EQ(packed({kUnknown, 0.3}), nullptr);
  EXPECT_EQ(packed({ActivationKind::leaky_relu, -0.3}), nullptr);
}

TEST(Activation, RefusesAKindThatThereIsNot) {
  const Activation unknown{kUnknown, 0.3};
  const torch::Tensor a = torch::ones({2});
  EXPECT_THROW((void)unknown(a), std::invalid_argument);
  EXPECT_THROW((void)unknown.pull_back(a, a), std::invalid_argument);
  EXPECT_THROW((void)unknown.derivative(1.0F), std::invalid_argument);
}

TEST(HiddenActivation, RefusesAWordThatNamesNone) {
  ConvolutionalOptions options;
  for (const auto& [name, kind] : activation_names()) {
    options.hidden_activation = name;
    EXPECT_EQ(options.activation_of_hidden().kind, kind) << name;
  }
  options.hidden_activation = "rellu";
  EXPECT_THROW((void)options.activation_of_hidden(), std::invalid_argument);
}

}  // namespace
}  // namespace cebm
