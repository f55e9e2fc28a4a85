// Laws of encoders, biases, statistic maps and models, over every registered one.
#include <cebm/module_state.h>
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
  EveryBias() : bias_(build_example(catalog().biases, GetParam(), BiasContext{6, 1})) {
    bias_->to(torch::kFloat64);
    const auto parts = static_cast<std::int64_t>(bias_->domain().size());
    const StatisticMaps maps(bias_->domain(), find_statistic_map("negative_softplus"));
    statistics_ =
        maps(normal({4, bias_->statistic_sets(), parts, bias_->statistic_dims()}, {.seed = 2}).to(torch::kFloat64));
    codes_ = bias_->distribution().expand(4).sample({.seed = 3});
  }

  std::shared_ptr<ConjugateBias> bias_;
  torch::Tensor statistics_;
  torch::Tensor codes_;  ///< in the family's support
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
  const torch::Tensor prior = bias_->distribution().log_prob(codes_);
  EXPECT_LT((bias_->posterior(torch::zeros_like(statistics_)).log_prob(codes_) - prior).abs().max().item<double>(),
            1e-12);
  EXPECT_GT((bias_->posterior(statistics_).log_prob(codes_) - prior).abs().max().item<double>(), 1e-6);
}

// E[eta(z)] over draws of the posterior is the gradient of the log partition, whatever component they come from.
TEST_P(EveryBias, DrawsHaveItsMeanParameters) {
  constexpr std::int64_t kDraws = 20000;
  const torch::Tensor one = statistics_.narrow(0, 0, 1);
  const LatentDistribution posterior = bias_->posterior(one.expand({kDraws, -1, -1, -1}));
  const torch::Tensor eta = posterior.family->sufficient_statistics(posterior.sample({.seed = 5}).to(torch::kFloat64));
  const torch::Tensor error = eta.std(0).div(std::sqrt(static_cast<double>(kDraws))) + 1e-12;
  const torch::Tensor distance = (eta.mean(0) - bias_->mean_parameters(one).sum(1).squeeze(0)).abs() / error;
  EXPECT_LT(distance.max().item<double>(), 5.0) << distance;
}

TEST_P(EveryBias, HeldAtACodeIsItsEvidenceTimesItsPosterior) {
  const auto* joint = dynamic_cast<const JointBias*>(bias_.get());
  if (joint == nullptr) GTEST_SKIP() << "gives no p(x | z)";
  const torch::Tensor& z = codes_;
  const LatentDistribution posterior = bias_->posterior(statistics_);
  const torch::Tensor expected = bias_->log_partition_difference(statistics_) + posterior.log_prob(z) -
                                 posterior.family->log_base_measure(z).sum(-1);
  EXPECT_LT(relative_error(joint->log_joint(statistics_, z), expected), 1e-11);
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
  const auto loaded = build_example(catalog().biases, GetParam(), BiasContext{6, 2});
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

class EveryDecoder : public testing::TestWithParam<std::string> {};

TEST_P(EveryDecoder, GivesOneImagePerCodeAndAGradientToEveryWeight) {
  const ImageShape image{2, 12, 10};
  const auto decoder = build_example(catalog().decoders, GetParam(), DecoderContext{image, 6, 1});
  const torch::Tensor images = decoder->forward(normal({3, 6}, {.seed = 2}));
  ASSERT_EQ(images.sizes(), (std::vector<std::int64_t>{3, 2, 12, 10}));
  images.square().sum().backward();
  for (const auto& parameter : decoder->parameters()) EXPECT_GT(parameter.grad().abs().max().item<double>(), 0.0);
  const auto other = build_example(catalog().decoders, GetParam(), DecoderContext{image, 6, 2});
  EXPECT_FALSE(other->parameters()[0].equal(decoder->parameters()[0])) << "weights are a function of the seed";
}

INSTANTIATE_TEST_SUITE_P(Contract, EveryDecoder, testing::ValuesIn(row_names(catalog().decoders)), test_name);

class EveryLikelihood : public testing::TestWithParam<std::string> {};

TEST_P(EveryLikelihood, IsHighestNearItsMeanWhichLiesInItsPixelRange) {
  const auto likelihood = build_example(catalog().likelihoods, GetParam());
  const torch::Tensor output = test_images(3) * 2.0;
  const torch::Tensor mean = likelihood->mean(output);
  const double low = likelihood->pixel_range() == PixelRange::unit ? 0.0 : -1.0;
  EXPECT_TRUE(((mean >= low) & (mean <= 1)).all().item<bool>());
  const torch::Tensor at_mean = likelihood->log_prob(mean.round(), output);
  EXPECT_EQ(at_mean.sizes(), (std::vector<std::int64_t>{3}));
  const torch::Tensor opposite = likelihood->log_prob((1.0 + low) - mean.round(), output);
  EXPECT_TRUE((at_mean > opposite).all().item<bool>());
}

INSTANTIATE_TEST_SUITE_P(Contract, EveryLikelihood, testing::ValuesIn(row_names(catalog().likelihoods)), test_name);

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

TEST_P(EveryModel, LogDensityIsOneNumberPerImageWithAGradient) {
  const auto model = example_model(GetParam());
  auto* const density = dynamic_cast<Density*>(model.get());
  if (density == nullptr) GTEST_SKIP() << "has no density";
  const torch::Tensor x = test_images(5) * 0.4 + 0.5;
  const torch::Tensor values = density->log_density(x);
  ASSERT_EQ(values.sizes(), (std::vector<std::int64_t>{5}));
  EXPECT_LT(relative_error(density->log_density(x.narrow(0, 2, 3)), values.narrow(0, 2, 3)), 1e-4);
  const torch::Tensor gradient =
      autograd_gradient([&](const torch::Tensor& input) { return density->log_density(input); }, x);
  EXPECT_GT(gradient.flatten(1).abs().amax(1).min().item<double>(), 0.0);
}

TEST_P(EveryModel, LatentCodeIsTheMeanOfItsPosterior) {
  const auto model = example_model(GetParam());
  auto* const latent_model = dynamic_cast<LatentModel*>(model.get());
  if (latent_model == nullptr) GTEST_SKIP() << "has no posterior";
  const torch::Tensor x = test_images(3) * 0.4 + 0.5;
  const LatentDistribution posterior = latent_model->posterior(x);
  EXPECT_TRUE(model->latent(x).equal(posterior.component_mean()));
  EXPECT_LT(relative_error(posterior.responsibilities().sum(1), torch::ones({3})), 1e-6);
}

TEST_P(EveryModel, GeneratesOneImageInItsPixelRangePerCode) {
  const auto model = example_model(GetParam());
  auto* const generator = dynamic_cast<Generator*>(model.get());
  if (generator == nullptr) GTEST_SKIP() << "generates nothing";
  const torch::Tensor z = generator->prior().expand(7).sample({.seed = 1});
  EXPECT_EQ(z.sizes(), model->latent(test_images(7) * 0.4 + 0.5).sizes());
  const torch::Tensor images = generator->generate(z);
  EXPECT_EQ(images.sizes(), (std::vector<std::int64_t>{7, 1, 12, 10}));
  const double low = model->pixel_range() == PixelRange::unit ? 0.0 : -1.0;
  EXPECT_TRUE(((images >= low) & (images <= 1)).all().item<bool>());
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
