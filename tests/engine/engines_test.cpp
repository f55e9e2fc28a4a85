// Which engine serves a model, and what is said where none does.
#include "engine/engines.h"

#include <cebm/conditional.h>
#include <cebm/errors.h>
#include <gmock/gmock.h>

#include "contract/rows.h"
#include "models/build_models.h"
#include "support/folder_test.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::shared_ptr<Cebm> model_with(const std::string& encoder) {
  const ModelEntry& row = catalog().models.find("cebm");
  const auto options = row.options(catalog());
  read_options(parse_config("{latent_dim: 3, encoder: {name: " + encoder + "}}"), *options);
  return std::dynamic_pointer_cast<Cebm>(row.build(*options, ModelContext{{1, 12, 10}, 1}));
}

std::string refusal(EnergyModel& model) {
  return message_of<ConfigError>([&] { make_engine(model, torch::kCPU, Precision::bfloat16); });
}

TEST(Engines, ServeEveryModelInFloat32) {
  for (const char* encoder :
       {"wide_resnet, depth: 10, width: 1", "cnn, channels: [4], kernels: [3], strides: [2], paddings: [1]"}) {
    EXPECT_THAT(make_engine(*model_with(encoder), torch::kCPU, Precision::float32)->name(), HasSubstr("float32"));
  }
}

TEST(Engines, SayWhichEncoderHasNoKernelsForBfloat16InsteadOfTakingFloat32) {
  const auto model = model_with("wide_resnet, depth: 10, width: 1");
  const auto names_it = AllOf(HasSubstr("sampler.precision"), HasSubstr("encoder wide_resnet"), HasSubstr("cpu"));
  EXPECT_THAT(refusal(*model), names_it);
  EXPECT_THAT(refusal(*energy_given_latent(model, torch::zeros({1, 3}))), names_it);
}

TEST(Engines, ServeChainsOfPlainLayersInBfloat16) {
  const auto model = model_with("cnn, channels: [4], kernels: [3], strides: [2], paddings: [1]");
  EXPECT_THAT(make_engine(*model, torch::kCPU, Precision::bfloat16)->name(), HasSubstr("bfloat16"));
}

TEST(Engines, ASamplerIsRefusedBeforeItMovesAChain) {
  const auto model = model_with("wide_resnet, depth: 10, width: 1");
  SgldOptions options;
  options.precision = Precision::bfloat16;
  Chains chains = noise_chains(2, {1, 12, 10}, 1, torch::kCPU);
  const torch::Tensor before = chains.x.clone();
  EXPECT_THROW(make_sgld(options)->advance(*model, chains, 1, 1, 0), ConfigError);
  EXPECT_TRUE(chains.x.equal(before));
}

TEST(Engines, ComputeActivationsAgainWhereThereAreTooManyToKeep) {
  // 4 + 512 channels on 12 x 10 positions: 1,200 images are more than 256 MiB, 300 are less.
  const auto model = model_with("cnn, channels: [4, 512], kernels: [1, 1], strides: [1, 1], paddings: [0, 0]");
  const auto engine = make_engine(*model, torch::kCPU);
  const torch::Tensor x = noise_chains(1200, {1, 12, 10}, 1, torch::kCPU).x;
  const auto gradient_of = [&](const std::vector<torch::Tensor>& batches) {
    model->zero_grad();
    for (const torch::Tensor& batch : batches) {
      engine->add_weight_gradient(batch, [](const torch::Tensor& energies) { return energies.sum(); });
    }
    std::vector<torch::Tensor> all;
    for (const torch::Tensor& parameter : model->parameters()) all.push_back(parameter.grad().flatten());
    return torch::cat(all).clone();
  };
  const torch::Tensor in_parts = gradient_of(x.split(300));
  EXPECT_LT(((gradient_of({x}) - in_parts).norm() / in_parts.norm()).item<double>(), 1e-5);
}

TEST(Engines, AutomaticIsAPrecisionThatServesTheModel) {
  const auto plain = model_with("cnn, channels: [4], kernels: [3], strides: [2], paddings: [1]");
  const Precision fastest = fastest_precision(*plain, torch::kCPU);
  EXPECT_NE(fastest, Precision::automatic);
  EXPECT_NO_THROW(make_engine(*plain, torch::kCPU, fastest));
  EXPECT_NO_THROW(make_engine(*plain, torch::kCPU, Precision::automatic));
  EXPECT_EQ(fastest_precision(*model_with("wide_resnet, depth: 10, width: 1"), torch::kCPU), Precision::float32);
}

TEST(Engines, AutomaticIsFloat32WhereBfloat16HasNoInstructions) {
  setenv("CEBM_KERNELS", "generic", /*overwrite=*/1);
  const auto model = model_with("cnn, channels: [16, 16], kernels: [3, 4], strides: [1, 2], paddings: [1, 1]");
  EXPECT_EQ(fastest_precision(*model, torch::kCPU), Precision::float32);
}

}  // namespace
}  // namespace cebm
