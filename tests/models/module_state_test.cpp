#include <cebm/errors.h>
#include <cebm/module_state.h>
#include <cebm/random.h>
#include <gtest/gtest.h>

namespace cebm {
namespace {

/// Two layers and a buffer under one roof.
struct Parent : torch::nn::Module {
  struct Child : torch::nn::Module {
    torch::Tensor weight = register_parameter("weight", normal({2, 3}, {.seed = 1}));
    torch::Tensor fixed = register_buffer("fixed", normal({4}, {.seed = 2}));
  };
  std::shared_ptr<Child> child = register_module("child", std::make_shared<Child>());
};

TEST(ModuleState, HoldsParametersAndBuffersAsCopies) {
  const Parent parent;
  const State state = module_state(parent);
  ASSERT_EQ(state.tensors.size(), 2U);
  EXPECT_TRUE(state.tensors.at("child.weight").equal(parent.child->weight));
  EXPECT_TRUE(state.tensors.at("child.fixed").equal(parent.child->fixed));
  const torch::Tensor before = state.tensors.at("child.weight").clone();
  parent.child->weight.detach().zero_();
  EXPECT_TRUE(state.tensors.at("child.weight").equal(before));
  EXPECT_EQ(named_parameters(parent).size(), 1U);
}

TEST(ModuleState, LoadsIntoTheModulesOwnTensors) {
  const Parent from;
  Parent to;
  const torch::Tensor weight = to.child->weight;
  weight.detach().zero_();
  to.child->fixed.zero_();
  load_module_state(to, module_state(from));
  EXPECT_TRUE(weight.equal(from.child->weight));
  EXPECT_TRUE(weight.requires_grad());
  EXPECT_TRUE(to.child->fixed.equal(from.child->fixed));
}

TEST(ModuleState, RefusesMissingTensorsAndOtherShapes) {
  Parent parent;
  State state = module_state(parent);
  state.tensors["child.fixed"] = torch::zeros({5});
  EXPECT_THROW(load_module_state(parent, state), CheckpointError);
  state.tensors.erase("child.fixed");
  EXPECT_THROW(load_module_state(parent, state), CheckpointError);
}

}  // namespace
}  // namespace cebm
