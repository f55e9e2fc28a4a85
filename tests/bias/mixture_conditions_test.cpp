// The mixture bias held at a code z or at a component y.
#include <gtest/gtest.h>

#include "bias/mixture_setting.h"

namespace cebm {
namespace {

class MixtureConditionLaws : public testing::TestWithParam<MixtureCase> {
 protected:
  /// log h(z) of all dimensions, [n].
  static torch::Tensor log_base_measure(const torch::Tensor& z) { return GaussianFamily().log_base_measure(z).sum(-1); }
  torch::Tensor filled(std::int64_t component) const { return torch::full({1}, component, torch::kInt64); }
  /// A component for each of the five rows of statistics.
  torch::Tensor mixed() const { return torch::tensor({0, 2, 1, 2, 0}, torch::kInt64) % GetParam().components; }
};

TEST_P(MixtureConditionLaws, LogJointIsTheMixturesFormulaWithoutTheBaseMeasure) {
  const Setting setting(GetParam(), 2);
  const torch::Tensor z = 2.0 * normal({5, 2}, {.seed = 7}).to(torch::kFloat64);
  const torch::Tensor expected = setting.log_joint(z).diagonal() - log_base_measure(z);
  EXPECT_LT(relative_error(setting.bias.log_joint(setting.statistics, z), expected), 1e-13);
}

TEST_P(MixtureConditionLaws, LogJointIntegratesOverZToTheEvidence) {
  for (const std::int64_t latent_dim : {1, 2}) {
    const Setting setting(GetParam(), latent_dim);
    const Points points(latent_dim);
    const torch::Tensor evidence = setting.bias.log_partition_difference(setting.statistics);
    for (std::int64_t b = 0; b < 5; ++b) {
      const torch::Tensor joint = setting.bias.log_joint(setting.statistics.narrow(0, b, 1), points.z);
      const torch::Tensor integral = torch::logsumexp(joint + log_base_measure(points.z), 0) + points.log_cell;
      EXPECT_NEAR(integral.item<double>(), evidence[b].item<double>(), 1e-10) << latent_dim << " " << b;
    }
  }
}

TEST_P(MixtureConditionLaws, LogJointIsTheEvidenceTimesThePosterior) {
  const Setting setting(GetParam(), 6);
  const torch::Tensor z = normal({5, 6}, {.seed = 7}).to(torch::kFloat64);
  const torch::Tensor expected = setting.bias.log_partition_difference(setting.statistics) +
                                 setting.bias.posterior(setting.statistics).log_prob(z) - log_base_measure(z);
  EXPECT_LT(relative_error(setting.bias.log_joint(setting.statistics, z), expected), 1e-12);
}

TEST_P(MixtureConditionLaws, JointGradientEqualsAutograd) {
  const Setting setting(GetParam(), 6);
  const torch::Tensor z = normal({5, 6}, {.seed = 7}).to(torch::kFloat64);
  const torch::Tensor expected =
      autograd_gradient([&](const torch::Tensor& t) { return setting.bias.log_joint(t, z); }, setting.statistics);
  EXPECT_LT(relative_error(setting.bias.joint_gradient(setting.statistics, z), expected), 1e-13);
}

TEST_P(MixtureConditionLaws, ComponentsAddUpToTheEvidence) {
  const Setting setting(GetParam(), 6);
  std::vector<torch::Tensor> components;
  for (std::int64_t l = 0; l < GetParam().components; ++l) {
    components.push_back(setting.bias.log_component(setting.statistics, filled(l)));
  }
  const torch::Tensor sum = torch::logsumexp(torch::stack(components), 0);
  EXPECT_LT(relative_error(sum, setting.bias.log_partition_difference(setting.statistics)), 1e-13);
}

TEST_P(MixtureConditionLaws, AComponentsShareOfTheEvidenceIsItsResponsibility) {
  const Setting setting(GetParam(), 6);
  const torch::Tensor y = mixed();
  const torch::Tensor share =
      setting.bias.log_component(setting.statistics, y) - setting.bias.log_partition_difference(setting.statistics);
  const torch::Tensor expected = setting.bias.posterior(setting.statistics).responsibilities();
  EXPECT_LT(relative_error(share.exp(), expected.gather(1, y.unsqueeze(1)).squeeze(1)), 1e-12);
}

TEST_P(MixtureConditionLaws, LogComponentEqualsQuadratureOverZ) {
  const Points points(2);
  const Setting setting(GetParam(), 2);
  for (std::int64_t l = 0; l < GetParam().components; ++l) {
    Setting alone(GetParam(), 2);  // one component, and its statistics
    alone.mu = setting.mu.narrow(0, l, 1);
    alone.log_sigma = setting.log_sigma.narrow(0, l, 1);
    alone.statistics = setting.statistics.narrow(1, GetParam().per_component ? l : 0, 1);
    const torch::Tensor expected = torch::logsumexp(alone.log_joint(points.z), 0) + points.log_cell -
                                   std::log(static_cast<double>(GetParam().components));
    EXPECT_LT(relative_error(setting.bias.log_component(setting.statistics, filled(l)), expected), 1e-10) << l;
  }
}

TEST_P(MixtureConditionLaws, ComponentGradientEqualsAutograd) {
  const Setting setting(GetParam(), 6);
  for (const torch::Tensor& y : {mixed(), filled(GetParam().components - 1)}) {
    const torch::Tensor expected =
        autograd_gradient([&](const torch::Tensor& t) { return setting.bias.log_component(t, y); }, setting.statistics);
    EXPECT_LT(relative_error(setting.bias.component_gradient(setting.statistics, y), expected), 1e-13);
  }
}

TEST_P(MixtureConditionLaws, OneConditionServesAllRows) {
  const Setting setting(GetParam(), 6);
  const torch::Tensor& t = setting.statistics;
  const torch::Tensor z = normal({1, 6}, {.seed = 7}).to(torch::kFloat64);
  const torch::Tensor y = filled(0);
  EXPECT_TRUE(setting.bias.log_joint(t, z).equal(setting.bias.log_joint(t, z.expand({5, 6}))));
  EXPECT_TRUE(setting.bias.joint_gradient(t, z).equal(setting.bias.joint_gradient(t, z.expand({5, 6}))));
  EXPECT_TRUE(setting.bias.log_component(t, y).equal(setting.bias.log_component(t, y.expand({5}))));
  EXPECT_TRUE(setting.bias.component_gradient(t, y).equal(setting.bias.component_gradient(t, y.expand({5}))));
}

INSTANTIATE_TEST_SUITE_P(Gaussian, MixtureConditionLaws, testing::ValuesIn(mixture_cases()),
                         [](const auto& which) { return std::string(which.param.name); });

}  // namespace
}  // namespace cebm
