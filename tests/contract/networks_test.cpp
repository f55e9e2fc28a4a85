// Laws of encoders, biases, statistic maps and models, over every registered one.
#include <cebm/run.h>

#include "contract/rows.h"
#include "support/numeric.h"

namespace cebm {
namespace {

double bound(torch::ScalarType type) { return type == torch::kFloat32 ? 1e-5 : 1e-10; }

class EveryEncoder : public testing::TestWithParam<std::string> {};

TEST_P(EveryEncoder, LinearizationEqualsForwardAndAutograd) {
  const ImageShape image{2, 12, 10};
  const auto encoder = build_example(catalog().encoders, GetParam(), EncoderContext{image, 6, 1});
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    encoder->to(type);
    const torch::Tensor x = test_images(3, image).to(type);
    const torch::Tensor v = normal({3, 6}, {.seed = 2}).to(type);
    const Linearization result = encoder->linearize(x);
    ASSERT_EQ(result.output.sizes(), (std::vector<std::int64_t>{3, 6}));
    EXPECT_LT(relative_error(result.output, encoder->forward(x)), bound(type));
    const torch::Tensor expected =
        autograd_gradient([&](const torch::Tensor& input) { return encoder->forward(input) * v; }, x);
    const torch::Tensor found = result.pull_back(v);
    EXPECT_LT(relative_error(found, expected), bound(type));
    EXPECT_FALSE(result.output.requires_grad() || found.requires_grad());
  }
}

TEST_P(EveryEncoder, WeightsAreAFunctionOfTheSeed) {
  const auto build = [&](std::uint64_t seed) {
    return module_state(*build_example(catalog().encoders, GetParam(), EncoderContext{{1, 12, 10}, 6, seed})).tensors;
  };
  const auto a = build(1);
  const auto same = build(1);
  const auto other = build(2);
  for (const auto& [name, tensor] : a) {
    EXPECT_TRUE(tensor.equal(same.at(name))) << name;
    EXPECT_FALSE(tensor.equal(other.at(name))) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Contract, EveryEncoder, testing::ValuesIn(row_names(catalog().encoders)), test_name);

class EveryBias : public testing::TestWithParam<std::string> {
 protected:
  EveryBias() : bias_(build_example(catalog().biases, GetParam(), BiasContext{5, 1})) {
    bias_->to(torch::kFloat64);
    const auto parts = static_cast<std::int64_t>(bias_->domain().size());
    const StatisticMaps maps(bias_->domain(), find_statistic_map("negative_softplus"));
    statistics_ = maps(normal({4, bias_->statistic_sets(), parts, 5}, {.seed = 2}).to(torch::kFloat64));
  }

  std::shared_ptr<ConjugateBias> bias_;
  torch::Tensor statistics_;
};

TEST_P(EveryBias, LogPartitionDifferenceIsZeroWithoutStatistics) {
  const torch::Tensor zero = bias_->log_partition_difference(torch::zeros_like(statistics_));
  EXPECT_EQ(zero.sizes(), (std::vector<std::int64_t>{4}));
  EXPECT_LT(zero.abs().max().item<double>(), 1e-13);
  EXPECT_GT(bias_->log_partition_difference(statistics_).abs().min().item<double>(), 1e-6);
}

TEST_P(EveryBias, MeanParametersEqualAutograd) {
  const torch::Tensor expected =
      autograd_gradient([&](const torch::Tensor& t) { return bias_->log_partition_difference(t); }, statistics_);
  EXPECT_LT(relative_error(bias_->mean_parameters(statistics_), expected), 1e-10);
}

TEST_P(EveryBias, PosteriorWithoutStatisticsIsTheBias) {
  const torch::Tensor z = normal({4, bias_->latent_dim()}, {.seed = 3}).to(torch::kFloat64);
  const torch::Tensor prior = bias_->distribution().log_prob(z);
  EXPECT_LT(relative_error(bias_->posterior(torch::zeros_like(statistics_)).log_prob(z), prior), 1e-12);
  EXPECT_GT(relative_error(bias_->posterior(statistics_).log_prob(z), prior), 1e-6);
}

TEST_P(EveryBias, HeldAtACodeIsItsEvidenceTimesItsPosterior) {
  const auto* joint = dynamic_cast<const JointBias*>(bias_.get());
  if (joint == nullptr) GTEST_SKIP() << "gives no p(x | z)";
  const torch::Tensor z = normal({4, 5}, {.seed = 3}).to(torch::kFloat64);
  const LatentDistribution posterior = bias_->posterior(statistics_);
  const torch::Tensor expected = bias_->log_partition_difference(statistics_) + posterior.log_prob(z) -
                                 posterior.family->log_base_measure(z).sum(-1);
  EXPECT_LT(relative_error(joint->log_joint(statistics_, z), expected), 1e-12);
  const torch::Tensor gradient =
      autograd_gradient([&](const torch::Tensor& t) { return joint->log_joint(t, z); }, statistics_);
  EXPECT_LT(relative_error(joint->joint_gradient(statistics_, z), gradient), 1e-10);
}

TEST_P(EveryBias, ItsComponentsAddUpToItsEvidence) {
  const auto* parts = dynamic_cast<const ComponentBias*>(bias_.get());
  if (parts == nullptr) GTEST_SKIP() << "gives no p(x | y)";
  std::vector<torch::Tensor> all;
  for (std::int64_t l = 0; l < parts->components(); ++l) {
    const torch::Tensor y = torch::full({4}, l, torch::kInt64);
    all.push_back(parts->log_component(statistics_, y));
    const torch::Tensor gradient =
        autograd_gradient([&](const torch::Tensor& t) { return parts->log_component(t, y); }, statistics_);
    EXPECT_LT(relative_error(parts->component_gradient(statistics_, y), gradient), 1e-10) << l;
  }
  EXPECT_LT(relative_error(torch::logsumexp(torch::stack(all), 0), bias_->log_partition_difference(statistics_)),
            1e-12);
}

TEST_P(EveryBias, ReloadReproducesIt) {
  const auto loaded = build_example(catalog().biases, GetParam(), BiasContext{5, 2});
  loaded->to(torch::kFloat64);
  load_module_state(*loaded, module_state(*bias_));
  EXPECT_TRUE(loaded->log_partition_difference(statistics_).equal(bias_->log_partition_difference(statistics_)));
}

INSTANTIATE_TEST_SUITE_P(Contract, EveryBias, testing::ValuesIn(row_names(catalog().biases)), test_name);

TEST(EveryStatisticMap, HasTheDerivativeOfItsValueAndKeepsItsDomain) {
  const torch::Tensor n = torch::linspace(-100, 100, 4001, torch::kFloat64);
  for (const StatisticMap& map : statistic_maps()) {
    EXPECT_LT(relative_error(map.derivative(n), autograd_gradient(map.value, n)), 1e-10) << map.name;
    if (map.image == Domain::negative) {
      EXPECT_TRUE((map.value(n) <= 0).all().item<bool>()) << map.name;
    }
  }
}

class EveryModel : public testing::TestWithParam<std::string> {};

TEST_P(EveryModel, GivesOneCodePerImage) {
  const auto model = example_model(GetParam());
  const torch::Tensor latent = model->latent(test_images(3));
  ASSERT_EQ(latent.dim(), 2);
  EXPECT_EQ(latent.size(0), 3);
  EXPECT_EQ(model->image_shape(), (ImageShape{1, 12, 10}));
}

TEST_P(EveryModel, GivesOneEnergyPerImageWhoseGradientEqualsAutograd) {
  const auto model = std::dynamic_pointer_cast<EnergyModel>(example_model(GetParam()));
  if (!model) GTEST_SKIP() << "not energy-based";
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    model->to(type);
    const torch::Tensor x = test_images(3).to(type);
    EXPECT_EQ(model->energy(x).sizes(), (std::vector<std::int64_t>{3}));
    const torch::Tensor expected =
        autograd_gradient([&](const torch::Tensor& input) { return model->energy(input); }, x);
    const torch::Tensor found = model->input_gradient(x);
    EXPECT_LT(relative_error(found, expected), bound(type));
    EXPECT_FALSE(found.requires_grad());
    for (const auto& parameter : model->parameters()) EXPECT_FALSE(parameter.grad().defined());
  }
}

TEST_P(EveryModel, ReloadReproducesItExactly) {
  const auto saved = example_model(GetParam());
  const auto loaded = example_model(GetParam(), {1, 12, 10}, 2);
  const torch::Tensor x = test_images(3);
  EXPECT_FALSE(loaded->latent(x).equal(saved->latent(x)));
  load_module_state(*loaded, module_state(*saved));
  EXPECT_TRUE(loaded->latent(x).equal(saved->latent(x)));
  const auto energies = std::dynamic_pointer_cast<EnergyModel>(saved);
  if (energies) {
    EXPECT_TRUE(std::dynamic_pointer_cast<EnergyModel>(loaded)->energy(x).equal(energies->energy(x)));
  }
}

INSTANTIATE_TEST_SUITE_P(Contract, EveryModel, testing::ValuesIn(row_names(catalog().models)), test_name);

}  // namespace
}  // namespace cebm
