// The table of activations, and that one added to a catalog is offered wherever a network asks for one.
#include <cebm/catalog.h>
#include <cebm/convolutional.h>
#include <gmock/gmock.h>

#include "support/folder_test.h"

namespace cebm {
namespace {

using testing::HasSubstr;

TEST(Activation, KernelsComputeAReluALeakyReluAndASilu) {
  EXPECT_EQ(Activation("relu", 0.3).kernel(), (KernelActivation{Nonlinearity::leaky_relu, 0.0F}));
  EXPECT_EQ(Activation("leaky_relu", 0.3).kernel(), (KernelActivation{Nonlinearity::leaky_relu, 0.3F}));
  EXPECT_EQ(Activation("leaky_relu", 0.0).kernel(), (KernelActivation{Nonlinearity::leaky_relu, 0.0F}));
  EXPECT_EQ(Activation("silu", 0.3).kernel()->kind, Nonlinearity::silu);
}

TEST(Activation, KernelsComputeNoFallingBranch) {
  EXPECT_EQ(Activation("leaky_relu", -0.3).kernel(), std::nullopt);
  EXPECT_EQ(Activation("leaky_relu", std::nan("")).kernel(), std::nullopt);
}

TEST(Activation, RefusesANameThatThereIsNot) {
  EXPECT_THAT(message_of<ConfigError>([] { Activation("rellu"); }), HasSubstr("did you mean 'relu'"));
}

TEST(HiddenActivation, IsTheConvolutionsOrAnotherOfTheTable) {
  ConvolutionalOptions options;
  EXPECT_EQ(options.activation_of_hidden().name(), "silu");
  const Registry<ActivationEntry> table = built_in_activations();
  for (const ActivationEntry& row : table.rows()) {
    options.hidden_activation = row.name;
    EXPECT_EQ(options.activation_of_hidden().name(), row.name);
  }
  options.hidden_activation = "rellu";
  EXPECT_THROW((void)options.activation_of_hidden(), ConfigError);
}

torch::Tensor shifted_softplus(const torch::Tensor& a, double) { return at::softplus(a) - 0.5; }
torch::Tensor shifted_softplus_back(const torch::Tensor& a, const torch::Tensor& gradient, double) {
  return at::sigmoid(a) * gradient;
}

TEST(AddedActivation, IsOfferedByEveryNetworkOfTheCatalog) {
  Catalog catalog;
  catalog.activations.add({.name = "shifted_softplus",
                           .summary = "log(1 + e^a) - 1/2",
                           .value = shifted_softplus,
                           .pull_back = shifted_softplus_back});
  const char* models[] = {
      "{name: cebm, encoder: {name: cnn, activation: shifted_softplus, hidden: [8], hidden_activation: relu}}",
      "{name: cebm, encoder: {name: cnn, hidden: [8], hidden_activation: shifted_softplus}}",
      "{name: cebm, encoder: {name: wide_resnet, depth: 10, width: 1, activation: shifted_softplus}}",
      "{name: igebm, activation: shifted_softplus}",
      "{name: vae, decoder: {name: transposed_cnn, activation: shifted_softplus}}",
      "{name: bigan, encoder: {activation: shifted_softplus}, generator: {activation: shifted_softplus}, "
      "discriminator: {activation: shifted_softplus}}"};
  for (const char* yaml : models) {
    Choice<ModelEntry> choice(catalog, "cebm");
    struct Top final : Options {
      explicit Top(Choice<ModelEntry>& model) : choice(model) {}
      void fields(Fields& visit) override { visit.variant("model", choice, "the model"); }
      Choice<ModelEntry>& choice;
    } top(choice);
    EXPECT_NO_THROW(read_options(parse_config(std::string("model: ") + yaml), top)) << yaml;
    const auto model = choice.build(ModelContext{{1, 28, 28}, 1});
    EXPECT_TRUE(model->latent(torch::zeros({2, 1, 28, 28})).isfinite().all().item<bool>()) << yaml;
  }
}

}  // namespace
}  // namespace cebm
