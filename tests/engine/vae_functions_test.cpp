// The functions by which variational autoencoders are trained and evaluated, against their modules by LibTorch.
#include "engine/vae_functions.h"

#include <ATen/ATen.h>
#include <cebm/tiles.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "contract/rows.h"
#include "engine/cpu/kernel_function.h"
#include "support/numeric.h"

namespace cebm {
namespace {

using torch::autograd::variable_list;

std::shared_ptr<Vae> authors_vae(const std::string& changes = "{}", ImageShape image = {1, 28, 28}) {
  const ModelEntry& row = catalog().models.find("vae");
  const auto options = row.options(catalog());
  read_options(parse_config("latent_dim: 24\nimportance_samples: 5\n"), *options);
  read_options(parse_config(changes), *options);
  return std::dynamic_pointer_cast<Vae>(row.build(*options, ModelContext{image, 3}));
}

torch::Tensor vae_images(std::int64_t count, ImageShape image = {1, 28, 28}) {
  at::manual_seed(5);
  return at::rand({count, image.channels, image.height, image.width});
}

torch::Tensor noise_of(std::int64_t samples, std::int64_t images) {
  at::manual_seed(6);
  return at::randn({samples, images, 24});
}

/// Gradients of the mean ELBO with respect to the images and all weights.
variable_list elbo_gradients(Vae& model, const torch::Tensor& x, const torch::Tensor& noise, const VaeNetworks& by) {
  const torch::Tensor input = x.clone().requires_grad_(true);
  const Elbo elbo = model.elbo(input, noise, by);
  variable_list leaves = model.parameters();
  leaves.push_back(input);
  return torch::autograd::grad({(elbo.log_likelihood - elbo.kl).mean()}, leaves);
}

struct Variant {
  const char* name;
  const char* changes;
  ImageShape image{1, 28, 28};
};

constexpr const char* kFromOnePixel =
    "decoder: {start: [], hidden: [], channels: [32, 16], kernels: [7, 4, 4], strides: [1, 2, 2], paddings: [0, 1, "
    "1]}\n";

class VaeFunctionsOf : public testing::TestWithParam<Variant> {
 protected:
  const std::shared_ptr<Vae> model_ = authors_vae(GetParam().changes, GetParam().image);
  const torch::Tensor x_ = vae_images(6, GetParam().image);
  VaeFunctions functions_{*model_, torch::kCPU};
};

TEST_P(VaeFunctionsOf, GiveTheModulesBoundsAndGradients) {
  const torch::Tensor noise = noise_of(3, 6);
  const VaeNetworks by = functions_.networks();
  const Elbo found = model_->elbo(x_, noise, by);
  const Elbo exact = model_->elbo(x_, noise);
  EXPECT_LT(relative_error(found.log_likelihood, exact.log_likelihood), 2e-6);
  EXPECT_LT(relative_error(found.kl, exact.kl), 1e-5);
  EXPECT_LT(relative_error(model_->log_density(x_, by), model_->log_density(x_)), 2e-6);
  const auto gradients = elbo_gradients(*model_, x_, noise, by);
  const auto expected = elbo_gradients(*model_, x_, noise, model_->networks());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_LT(relative_error(gradients[i], expected[i]), 2e-5) << i;
}

TEST_P(VaeFunctionsOf, UseTheWeightsOfTheLastCallOfNetworks) {
  const torch::Tensor before = model_->log_density(x_, functions_.networks());
  {
    const torch::NoGradGuard no_graph;
    for (torch::Tensor& weight : model_->parameters()) weight.mul_(1.25);
  }
  const torch::Tensor after = model_->log_density(x_, functions_.networks());
  EXPECT_GT(relative_error(after, before), 1e-4);
  EXPECT_LT(relative_error(after, model_->log_density(x_)), 2e-6);
}

INSTANTIATE_TEST_SUITE_P(
    All, VaeFunctionsOf,
    testing::Values(Variant{"Default", "{}"},
                    Variant{"Colour",
                            "likelihood: gaussian\n"
                            "decoder: {start: [32, 4, 4], channels: [24, 20, 12], paddings: [1, 1, 1, 1]}\n",
                            {3, 32, 32}},
                    Variant{"Silu", "decoder: {activation: silu}\nencoder: {activation: silu}\n"},
                    Variant{
                        "OneLayer",
                        "decoder: {start: [17, 14, 14], channels: [], kernels: [4], strides: [2], paddings: [1]}\n"},
                    Variant{"FromOnePixel", kFromOnePixel},
                    Variant{"NetworksWithoutKernels", "encoder: {name: wide_resnet, depth: 10, width: 1}\n"}),
    [](const auto& which) { return which.param.name; });

TEST(VaeFunctions, RunByKernelsWhereThereAreAny) {
  const auto model = authors_vae();
  EXPECT_NE(kernel_function(model->encoder(), model->image_shape()), nullptr);
  EXPECT_NE(kernel_function(model->decoder()), nullptr);
  model->to(torch::kDouble);
  EXPECT_EQ(kernel_function(model->encoder(), model->image_shape()), nullptr);
  EXPECT_EQ(kernel_function(model->decoder()), nullptr);
}

TEST(VaeFunctions, GiveACodesImageTheSameBitsInEveryBatchAndThread) {
  // Without fully connected layers, which are LibTorch's and round by the size of the batch.
  const auto model = authors_vae(kFromOnePixel);
  const auto decode = kernel_function(model->decoder());
  const torch::NoGradGuard no_graph;
  const torch::Tensor z = noise_of(1, 40).squeeze(0);
  const torch::Tensor whole = (*decode)(z);
  std::vector<torch::Tensor> parts(14);
  for_each_tile(torch::kCPU, 40, 3, [&](const Tile& tile) {
    parts[static_cast<std::size_t>(tile.index)] = (*decode)(z.narrow(0, tile.begin, tile.size));
  });
  EXPECT_TRUE(torch::cat(parts).equal(whole));
}

TEST(VaeFunctions, DifferentiateInManyThreadsAtOnce) {
  const auto model = authors_vae();
  VaeFunctions functions(*model, torch::kCPU);
  const VaeNetworks by = functions.networks();
  const torch::Tensor x = vae_images(8);
  const torch::Tensor noise = noise_of(2, 8);
  const auto expected = elbo_gradients(*model, x, noise, by);
  std::vector<variable_list> found(12);
  const torch::AutoGradMode record(true);
  for_each_tile(torch::kCPU, std::ssize(found), 1, [&](const Tile& tile) {
    found[static_cast<std::size_t>(tile.index)] = elbo_gradients(*model, x, noise, by);
  });
  for (const variable_list& gradients : found) {
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_LT(relative_error(gradients[i], expected[i]), 1e-5) << i;
  }
}

TEST(VaeFunctions, RefuseASecondBackwardPassAndSecondDerivatives) {
  const auto model = authors_vae();
  const auto decode = kernel_function(model->decoder());
  const torch::Tensor z = noise_of(1, 3).squeeze(0).requires_grad_(true);
  const torch::Tensor sum = (*decode)(z).sum();
  EXPECT_THROW(torch::autograd::grad({sum}, {z}, {}, /*retain_graph=*/true, /*create_graph=*/true), std::logic_error);
  EXPECT_TRUE(torch::autograd::grad({sum}, {z}, {}, /*retain_graph=*/true)[0].defined());
  EXPECT_THROW(torch::autograd::grad({sum}, {z}), std::logic_error);
}

}  // namespace
}  // namespace cebm
