#include <cebm/catalog.h>
#include <cebm/errors.h>
#include <cebm/module_state.h>
#include <cebm/run.h>
#include <gmock/gmock.h>

#include "support/folder_test.h"
#include "train/initial_weights.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::filesystem::path kReference = CEBM_TEST_REFERENCE;

/// The networks whose weights and energies tests/reference/interop.py wrote by PyTorch and Python's safetensors.
std::shared_ptr<EnergyModel> reference_model(const std::string& name) {
  static const Catalog catalog;
  Choice<ModelEntry> model(catalog, name);
  const std::string encoder =
      "encoder: {name: cnn, channels: [3, 4], kernels: [3, 4], strides: [1, 2], paddings: [1, 1], activation: silu, "
      "hidden: " +
      std::string(name == "igebm" ? "[6]" : "[]") + "}\n";
  const std::string rest =
      name == "igebm" ? "activation: silu\n"
                      : "statistic_map: negative_square\nbias: " +
                            std::string(name == "cebm" ? "gaussian\n" : "{name: gaussian_mixture, components: 5}\n");
  read_options(parse_config("latent_dim: 3\n" + encoder + rest), model.options());
  return std::dynamic_pointer_cast<EnergyModel>(model.build(ModelContext{{1, 8, 8}, 1}));
}

std::filesystem::path weights_of(const std::string& name) { return kReference / ("interop_" + name + ".safetensors"); }

class Interop : public testing::TestWithParam<std::string> {};

TEST_P(Interop, PythonsWeightsGivePyTorchsEnergiesAndCodes) {
  const TensorMap expected = load_safetensors(kReference / "interop_expected.safetensors");
  const auto model = reference_model(GetParam());
  load_weights(*model, read_weights(weights_of(GetParam())), weights_of(GetParam()));
  const torch::NoGradGuard no_graph;
  const torch::Tensor images = expected.at("images");
  EXPECT_TRUE(model->energy(images).to(torch::kDouble).allclose(expected.at(GetParam() + ".energy"), 1e-6, 1e-6));
  EXPECT_TRUE(model->latent(images).to(torch::kDouble).allclose(expected.at(GetParam() + ".latent"), 1e-5, 1e-6));
}

TEST_P(Interop, AModelsOwnTensorsHaveThoseNames) {
  const State own = module_state(*reference_model(GetParam()));
  const TensorMap python = load_safetensors(weights_of(GetParam()));
  ASSERT_EQ(own.tensors.size(), python.size());
  for (const auto& [name, tensor] : python) {
    ASSERT_TRUE(own.tensors.contains(name)) << name;
    EXPECT_EQ(own.tensors.at(name).sizes(), tensor.sizes()) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Interop, testing::Values("cebm", "cebmm", "igebm"),
                         [](const auto& which) { return which.param; });

using InitialWeights = FolderTest;

TEST_F(InitialWeights, MissingSurplusAndMisshapenTensorsAreAllNamed) {
  const auto model = reference_model("cebm");
  const TensorMap before = module_state(*model).tensors;
  TensorMap weights = load_safetensors(weights_of("cebm"));
  weights.erase("encoder.bias0");
  weights["encoder.weight1"] = torch::zeros({4, 3, 3, 3});
  weights["bias.parameters"] = weights["bias.parameters"].to(torch::kDouble);
  weights["extra"] = torch::zeros({2});
  EXPECT_THAT(message_of<CheckpointError>([&] { load_weights(*model, weights, "there.safetensors"); }),
              AllOf(HasSubstr("there.safetensors: "), HasSubstr("'encoder.bias0': expected Float [3], found none"),
                    HasSubstr("'encoder.weight1': expected Float [4, 3, 4, 4], found Float [4, 3, 3, 3]"),
                    HasSubstr("'bias.parameters': expected Float [1, 2, 3], found Double [1, 2, 3]"),
                    HasSubstr("'extra': expected none of this name, found Float [2]")));
  for (const auto& [name, tensor] : module_state(*model).tensors) EXPECT_TRUE(tensor.equal(before.at(name))) << name;
}

TEST_F(InitialWeights, ACheckpointGivesTheWeightsOfItsModel) {
  const TensorMap weights = load_safetensors(weights_of("igebm"));
  const auto checkpoint =
      save_checkpoint(folder_, {.step = 1, .config = "a: 1\n", .parts = {{"model", State{.tensors = weights}}}});
  const auto model = reference_model("igebm");
  load_weights(*model, read_weights(checkpoint), checkpoint);
  for (const auto& [name, tensor] : module_state(*model).tensors) EXPECT_TRUE(tensor.equal(weights.at(name))) << name;
}

TEST_F(InitialWeights, AMissingSourceIsNamed) {
  EXPECT_THAT(message_of<CheckpointError>([&] { read_weights(folder_ / "no.safetensors"); }),
              HasSubstr("no.safetensors: "));
  EXPECT_THAT(message_of<CheckpointError>([&] { read_weights(folder_); }), HasSubstr("manifest.json"));
}

}  // namespace
}  // namespace cebm
