#include <cebm/catalog.h>
#include <cebm/errors.h>
#include <cebm/module_state.h>
#include <cebm/run.h>
#include <gtest/gtest.h>

#include "models/build_models.h"
#include "support/numeric.h"

namespace cebm::models_test {
namespace {

constexpr Head heads[] = {Head::gaussian, Head::mixture_shared, Head::mixture_per_component, Head::igebm};

TEST(EnergyModels, GiveOneEnergyAndOneCodePerImage) {
  for (const auto head : heads) {
    const auto model = build_model({head});
    const torch::Tensor x = images(3, model->image_shape());
    EXPECT_EQ(model->energy(x).sizes(), (std::vector<std::int64_t>{3}));
    EXPECT_EQ(model->latent(x).sizes(), (std::vector<std::int64_t>{3, 5}));
    EXPECT_EQ(model->pixel_range(), PixelRange::symmetric);
    EXPECT_EQ(model->image_shape(), (ImageShape{1, 28, 28}));
  }
}

TEST(EnergyModels, ReloadReproducesTheEnergiesExactly) {
  for (const auto head : heads) {
    for (const bool learnable : {true, false}) {
      const ModelCase which{head, Network::small, learnable};
      const auto saved = build_model(which, 1);
      const auto loaded = build_model(which, 2);
      const torch::Tensor x = images(3, which.image);
      EXPECT_FALSE(loaded->energy(x).equal(saved->energy(x))) << which.name();
      load_module_state(*loaded, module_state(*saved));
      EXPECT_TRUE(loaded->energy(x).equal(saved->energy(x))) << which.name();
      EXPECT_TRUE(loaded->latent(x).equal(saved->latent(x))) << which.name();
      EXPECT_TRUE(loaded->input_gradient(x).equal(saved->input_gradient(x))) << which.name();
    }
  }
}

TEST(EnergyModels, EveryWeightGetsAGradientFromTheEnergy) {
  for (const auto head : heads) {
    const auto model = build_model({head});
    model->energy(images(4, model->image_shape())).sum().backward();
    for (const auto& [name, parameter] : named_parameters(*model)) {
      ASSERT_TRUE(parameter.grad().defined()) << name;
      EXPECT_GT(parameter.grad().abs().max().item<double>(), 0.0) << name;
    }
  }
}

std::shared_ptr<Cebm> as_cebm(const ModelCase& which) { return std::dynamic_pointer_cast<Cebm>(build_model(which)); }

TEST(Cebm, EnergyIsLowWhereTheEvidenceIsHigh) {
  for (const auto head : {Head::gaussian, Head::mixture_shared, Head::mixture_per_component}) {
    const auto model = as_cebm({head});
    const torch::Tensor x = images(6, model->image_shape());
    const torch::Tensor evidence = model->bias().log_partition_difference(model->statistics(x));
    EXPECT_TRUE(model->energy(x).equal(-evidence));
    EXPECT_EQ(model->energy(x).argmin().item<std::int64_t>(), evidence.argmax().item<std::int64_t>());
  }
}

TEST(Cebm, EnergyIsThePapersFormula) {
  // Standard normal bias: E = - sum_k A(t_1, t_2 - 1/2), A(l) = -l_1^2 / (4 l_2) - log(-2 l_2) / 2.
  const ModelCase which{Head::gaussian, Network::small, true, "negative_square", {1, 28, 28}};
  const auto bias =
      std::make_shared<MixtureBias>(std::make_shared<GaussianFamily>(), torch::zeros({1, 2, 5}), false, false);
  const auto encoder = make_cnn(network_options(which), {which.image, 10, 1});
  Cebm model(which.image, encoder, StatisticMaps(bias->domain(), find_statistic_map("negative_square")), bias);
  const torch::Tensor x = images(4, which.image);
  const torch::Tensor n = encoder->forward(x).to(torch::kFloat64);
  const torch::Tensor lambda1 = n.narrow(1, 0, 5);
  const torch::Tensor lambda2 = -n.narrow(1, 5, 5).square() - 0.5;
  const torch::Tensor log_partition = -lambda1.square() / (4 * lambda2) - 0.5 * torch::log(-2 * lambda2);
  EXPECT_LT(relative_error(model.energy(x), -log_partition.sum(1)), 1e-5);
  EXPECT_LT(relative_error(model.latent(x), -lambda1 / (2 * lambda2)), 1e-5);
}

TEST(Cebm, StatisticsStayInTheBiassDomainForAbsurdImages) {
  for (const auto head : {Head::gaussian, Head::mixture_per_component}) {
    const auto model = as_cebm({head});
    for (const double scale : {0.0, 1.0, 1e3, 1e6}) {
      const torch::Tensor x = scale * images(4, model->image_shape());
      EXPECT_TRUE((model->statistics(x).select(2, 1) <= 0).all().item<bool>()) << scale;
      EXPECT_TRUE(model->energy(x).isfinite().all().item<bool>()) << scale;
      EXPECT_TRUE(model->input_gradient(x).isfinite().all().item<bool>()) << scale;
    }
  }
}

TEST(Cebm, PosteriorIsTheBiassPosteriorAtTheImagesStatistics) {
  for (const auto head : {Head::gaussian, Head::mixture_shared, Head::mixture_per_component}) {
    const auto model = as_cebm({head});
    const torch::Tensor x = images(6, model->image_shape());
    const LatentDistribution expected = model->bias().posterior(model->statistics(x));
    const LatentDistribution posterior = model->posterior(x);
    EXPECT_TRUE(posterior.natural.equal(expected.natural));
    EXPECT_TRUE(posterior.log_weights.equal(expected.log_weights));
    // The code is the mean of the component with the largest responsibility, picked here row by row.
    const torch::Tensor mean = posterior.natural.select(2, 0) / (-2.0 * posterior.natural.select(2, 1));
    const torch::Tensor latent = model->latent(x);
    for (std::int64_t b = 0; b < 6; ++b) {
      const auto best = posterior.log_weights[b].argmax().item<std::int64_t>();
      EXPECT_LT(relative_error(latent[b], mean[b][best]), 1e-6);
    }
  }
}

/// Gives its outputs as a transposed view.
class StridedEncoder final : public Encoder {
 public:
  StridedEncoder() : weight_(register_parameter("weight", normal({784, 20}, {.seed = 1}) * 0.1)) {}
  torch::Tensor forward(const torch::Tensor& x) override { return weight_.t().matmul(x.flatten(1).t()).t(); }

 private:
  torch::Tensor weight_;
};

TEST(Cebm, WorksWithAnyEncoderWhateverTheLayoutOfItsOutputs) {
  const auto bias =
      std::make_shared<MixtureBias>(std::make_shared<GaussianFamily>(), normal({4, 2, 10}, {.seed = 2}), true, false);
  const ImageShape image{1, 28, 28};
  Cebm model(image, std::make_shared<StridedEncoder>(),
             StatisticMaps(bias->domain(), find_statistic_map("negative_square")), bias);
  const torch::Tensor x = images(3, image);
  const auto energy = [&](const torch::Tensor& input) { return model.energy(input); };
  EXPECT_LT(relative_error(model.input_gradient(x), autograd_gradient(energy, x)), 1e-5);
}

TEST(Igebm, EnergyIsALinearFunctionOfItsLatentCode) {
  const auto model = build_model({Head::igebm});
  const torch::Tensor x = images(4, model->image_shape());
  std::map<std::string, torch::Tensor> parameters;
  for (const auto& [name, value] : named_parameters(*model)) parameters[name] = value;
  const torch::Tensor expected = model->latent(x).matmul(parameters.at("weight")[0]) + parameters.at("offset");
  EXPECT_LT(relative_error(model->energy(x), expected), 1e-6);
}

/// A model of the catalog from YAML.
std::shared_ptr<Model> from_yaml(const std::string& name, const std::string& yaml) {
  static const Catalog catalog;
  const ModelEntry& row = catalog.models.find(name);
  const auto options = row.options(catalog);
  read_options(parse_config(yaml), *options);
  return row.build(*options, ModelContext{{1, 28, 28}, 1});
}

TEST(Models, TheIdentityIsRefusedForAGaussianBiasWhenTheModelIsBuilt) {
  EXPECT_THROW(from_yaml("cebm", "{statistic_map: identity}"), ConfigError);
  EXPECT_THROW(from_yaml("cebmm", "{statistic_map: identity}"), ConfigError);
  EXPECT_NO_THROW(from_yaml("cebm", "{statistic_map: negative_softplus}"));
}

TEST(Models, CebmmIsCebmWithAMixtureBias) {
  const auto bias_parameters = [](const std::string& name) {
    return module_state(*from_yaml(name, "latent_dim: 7")).tensors.at("bias.parameters").sizes().vec();
  };
  EXPECT_EQ(bias_parameters("cebm"), (std::vector<std::int64_t>{1, 2, 7})) << "one Gaussian, saved though untrained";
  EXPECT_EQ(bias_parameters("cebmm"), (std::vector<std::int64_t>{50, 2, 7}));
}

TEST(Models, PerComponentStatisticsMultiplyTheEncodersOutputs) {
  const auto outputs = [](const std::string& statistics) {
    const std::string yaml =
        "{latent_dim: 7, bias: {name: gaussian_mixture, components: 3, statistics: " + statistics + "}}";
    return module_state(*from_yaml("cebmm", yaml)).tensors.at("encoder.bias4").size(0);
  };
  EXPECT_EQ(outputs("shared"), 2 * 7);
  EXPECT_EQ(outputs("per_component"), 3 * 2 * 7);
}

TEST(Cebmm, WithOneComponentAndSharedStatisticsIsTheCebmExactly) {
  const Catalog catalog;
  const auto build = [&](const std::string& name, const std::string& yaml) {
    Choice<ModelEntry> model(catalog, name);
    read_options(parse_config(yaml), model.options());
    return std::dynamic_pointer_cast<EnergyModel>(model.build(ModelContext{{1, 28, 28}, 5}));
  };
  const auto cebm = build("cebm", "{}");
  const auto cebmm = build("cebmm", "bias: {name: gaussian_mixture, components: 1, statistics: shared}");
  const torch::Tensor x = images(6, {1, 28, 28});
  EXPECT_TRUE(cebmm->energy(x).equal(cebm->energy(x)));
  EXPECT_TRUE(cebmm->input_gradient(x).equal(cebm->input_gradient(x)));
  EXPECT_TRUE(cebmm->latent(x).equal(cebm->latent(x)));
}

TEST(EnergyModels, LogDensityIsMinusTheEnergy) {
  const auto model = build_model({Head::gaussian});
  const torch::Tensor x = images(3, model->image_shape());
  EXPECT_TRUE(model->log_density(x).equal(-model->energy(x)));
}

}  // namespace
}  // namespace cebm::models_test
