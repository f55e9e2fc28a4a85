// The pair objective: its critic, its closed-form gradient, and what becomes of it for other biases.
#include <cebm/catalog.h>
#include <cebm/errors.h>
#include <cebm/module_state.h>
#include <cebm/optimizer.h>
#include <gtest/gtest.h>

#include "bias/mixture_setting.h"
#include "contract/rows.h"
#include "models/build_models.h"
#include "objectives/pair_critic.h"
#include "objectives/pair_terms.h"

namespace cebm::pair_test {
namespace {

/// p(z | lambda) = N(lambda, 1): A(lambda) = |lambda|^2 / 2.
class UnitVarianceBias final : public ConjugateBias {
 public:
  explicit UnitVarianceBias(torch::Tensor lambda) : lambda_(std::move(lambda)) {}
  std::int64_t latent_dim() const override { return lambda_.size(0); }
  std::int64_t statistic_sets() const override { return 1; }
  std::vector<Domain> domain() const override { return {Domain::real}; }
  torch::Tensor log_partition_difference(const torch::Tensor& t) const override {
    return 0.5 * ((lambda_ + t).square() - lambda_.square()).flatten(1).sum(1);
  }
  torch::Tensor mean_parameters(const torch::Tensor& t) const override { return lambda_ + t; }
  LatentDistribution posterior(const torch::Tensor&) const override { throw std::logic_error("not needed"); }
  LatentDistribution distribution() const override { throw std::logic_error("not needed"); }

 private:
  torch::Tensor lambda_;
};

/// The critic written out, differentiable.
torch::Tensor critic(const ConjugateBias& bias, const torch::Tensor& first, const torch::Tensor& second) {
  std::vector<torch::Tensor> rows;
  for (std::int64_t i = 0; i < first.size(0); ++i) {
    const torch::Tensor t = first.narrow(0, i, 1);
    rows.push_back(bias.log_partition_difference(t + second) - bias.log_partition_difference(t) -
                   bias.log_partition_difference(second));
  }
  return torch::stack(rows);
}

class PairLossOf : public testing::TestWithParam<MixtureCase> {};

TEST_P(PairLossOf, ItsScoresAndGradientsAreAutogradsOfTheCriticsInfoNce) {
  Setting setting(GetParam(), 6);
  const torch::Tensor first = setting.statistics.clone().requires_grad_(true);
  const torch::Tensor second = (0.8 * setting.statistics.flip(0)).contiguous().requires_grad_(true);
  const torch::Tensor scores = critic(setting.bias, first, second);
  const PairMatching expected = match_pairs(scores);
  const auto parameters = setting.bias.parameters();
  std::vector<torch::Tensor> wanted{first, second, parameters.at(0)};
  const auto gradients = torch::autograd::grad({expected.loss}, wanted);

  EXPECT_LT(relative_error(pair_scores(setting.bias, first.detach(), second.detach()), scores), 1e-12);
  const PairLoss found = add_pair_loss(setting.bias, first.detach(), second.detach());
  EXPECT_LT(relative_error(found.matching.loss, expected.loss), 1e-12);
  EXPECT_LT(relative_error(found.of_first, gradients[0]), 1e-11);
  EXPECT_LT(relative_error(found.of_second, gradients[1]), 1e-11);
  EXPECT_LT(relative_error(parameters.at(0).grad(), gradients[2]), 1e-11);
}

TEST_P(PairLossOf, LoopsComputeWhatTheBiasDoes) {
  Setting setting(GetParam(), 40, /*learnable=*/false);
  setting.bias.to(torch::kFloat);
  const torch::Tensor first = setting.statistics.to(torch::kFloat);
  const torch::Tensor second = (0.8 * first.flip(0)).contiguous();
  const Tile rows{0, 1, 3};
  const auto loops = loop_pair_terms(setting.bias, first, second);
  ASSERT_NE(loops, nullptr);
  const auto tensors = tensor_pair_terms(setting.bias, first, second);
  EXPECT_LT(relative_error(loops->values(rows), tensors->values(rows)), 1e-5);
  const torch::Tensor weights = normal({3, 5}, {.seed = 8});
  torch::Tensor of_second = torch::zeros_like(second);
  torch::Tensor expected_of_second = torch::zeros_like(second);
  const torch::Tensor of_first = loops->add_gradient(rows, weights, of_second);
  EXPECT_LT(relative_error(of_first, tensors->add_gradient(rows, weights, expected_of_second)), 1e-5);
  EXPECT_LT(relative_error(of_second, expected_of_second), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Mixtures, PairLossOf, testing::ValuesIn(mixture_cases()),
                         [](const auto& which) { return std::string(which.param.name); });

// Chen et al. (2020) without normalisation and temperature.
TEST(PairLoss, OfAGaussianOfFixedVarianceIsSimClrsInnerProduct) {
  const UnitVarianceBias bias(normal({7}, {.seed = 1}).to(torch::kFloat64));
  const torch::Tensor first = normal({9, 1, 1, 7}, {.seed = 2}).to(torch::kFloat64);
  const torch::Tensor second = normal({9, 1, 1, 7}, {.seed = 3}).to(torch::kFloat64);
  const torch::Tensor a = first.flatten(1).requires_grad_(true);
  const torch::Tensor products = a.matmul(second.flatten(1).t());
  const torch::Tensor labels = torch::arange(9);
  const torch::Tensor info_nce =
      0.5 * (at::cross_entropy_loss(products, labels) + at::cross_entropy_loss(products.t(), labels));
  const PairLoss found = add_pair_loss(bias, first.detach(), second);
  EXPECT_LT(relative_error(pair_scores(bias, first.detach(), second), products), 1e-12);
  EXPECT_LT(relative_error(found.matching.loss, info_nce), 1e-12);
  EXPECT_LT(relative_error(found.of_first.flatten(1), torch::autograd::grad({info_nce}, {a})[0]), 1e-11);
}

TEST(PairLoss, IsTheSameHoweverManyPartsTheRowsMake) {
  Setting setting({"shared", 3, false}, 4);
  const torch::Tensor many = setting.statistics.repeat({8, 1, 1, 1});  // 40 rows: more than the parts
  const torch::Tensor first = (many * uniform({40, 1, 1, 1}, {.seed = 4}).to(torch::kFloat64));
  const torch::Tensor t = first.detach().clone().requires_grad_(true);
  const torch::Tensor gradient = torch::autograd::grad({match_pairs(critic(setting.bias, t, many)).loss}, {t})[0];
  EXPECT_LT(relative_error(add_pair_loss(setting.bias, first, many).of_first, gradient), 1e-11);
}

class PairLossOfEveryBias : public testing::TestWithParam<std::string> {};

TEST_P(PairLossOfEveryBias, ItsGradientIsAutograds) {
  const std::string& example = catalog().biases.find(GetParam()).example;
  const std::string inside = example.starts_with('{') ? example.substr(1, example.size() - 2) : example;
  const ModelEntry& row = catalog().models.find("cebm");
  const auto options = row.options(catalog());
  read_options(
      parse_config("{latent_dim: 6, encoder: {channels: [4], kernels: [3], strides: [2], paddings: [1]}, bias: "
                   "{name: " +
                   GetParam() + (inside.empty() ? "" : ", " + inside) + "}}"),
      *options);
  const auto model = std::dynamic_pointer_cast<Cebm>(row.build(*options, ModelContext{{1, 12, 10}, 1}));
  model->to(torch::kFloat64);
  const torch::Tensor t = model->statistics(3.0 * test_images(14).to(torch::kFloat64)).detach();
  const torch::Tensor first = t.narrow(0, 0, 7).clone().requires_grad_(true);
  const torch::Tensor second = t.narrow(0, 7, 7).clone().requires_grad_(true);
  const PairMatching expected = match_pairs(critic(model->bias(), first, second));
  const auto gradients = torch::autograd::grad({expected.loss}, {first, second});
  const PairLoss found = add_pair_loss(model->bias(), first.detach(), second.detach());
  EXPECT_LT(relative_error(found.matching.loss, expected.loss), 1e-10);
  EXPECT_LT(relative_error(found.of_first, gradients[0]), 1e-8);
  EXPECT_LT(relative_error(found.of_second, gradients[1]), 1e-8);
}

INSTANTIATE_TEST_SUITE_P(Biases, PairLossOfEveryBias, testing::ValuesIn(row_names(catalog().biases)),
                         [](const auto& which) { return without_dashes(which.param); });

TEST(MatchPairs, FindsEachPartnerByItsScore) {
  const torch::Tensor scores = torch::tensor({{5.0, 0.0, 0.0}, {0.0, 5.0, 0.0}, {0.0, 9.0, 5.0}});
  const PairMatching found = match_pairs(scores);
  EXPECT_NEAR(found.accuracy.item<double>(), 2.0 / 3.0, 1e-6);
  EXPECT_NEAR(match_pairs(torch::zeros({4, 4})).loss.item<double>(), std::log(4.0), 1e-6);
}

AugmentationOptions mild_views() {
  AugmentationOptions views;
  views.crop_scale_min = 0.9;
  views.rotation = 5.0;
  views.flip_probability = 0.0;
  return views;
}

std::shared_ptr<Objective> pair_of(const std::shared_ptr<Model>& model, std::int64_t batch = 12) {
  PairOptions options;
  options.views = mild_views();
  return make_pair_objective(options, ObjectiveContext{.model = model, .seed = 4, .batch_size = batch});
}

class PairObjectiveOf : public testing::TestWithParam<Head> {};

TEST_P(PairObjectiveOf, GivesTheWeightsAutogradsGradient) {
  const ImageShape image{1, 12, 10};
  const auto model = sharp_model(GetParam(), image);
  const auto exact = sharp_model(GetParam(), image);
  exact->to(torch::kFloat64);
  const Batch batch = unlabelled(test_images(12, image));
  const StepValues values = pair_of(model)->add_gradient(batch, 3);
  const auto view = [&](std::uint64_t number) {
    const RandomKey key{4, Stream::pair_view, 6 + number};
    return exact->statistics(augmented(batch.clean, batch.ids, mild_views(), key).to(torch::kFloat64));
  };
  const PairMatching expected = match_pairs(critic(exact->bias(), view(0), view(1)));
  expected.loss.backward();
  EXPECT_EQ(values[0].first, "loss");
  EXPECT_LT(relative_error(values[0].second, expected.loss), 1e-4);
  const auto found = model->parameters();
  const auto reference = exact->parameters();
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_LT(relative_error(found[i].grad(), reference[i].grad()), 1e-3) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Heads, PairObjectiveOf,
                         testing::Values(Head::gaussian, Head::mixture_shared, Head::mixture_per_component));

TEST(PairObjective, LearnsToFindTheOtherViewOfAnImage) {
  const auto model = sharp_model(Head::gaussian, {1, 12, 10});
  const auto objective = pair_of(model);
  const Batch batch = unlabelled(test_images(12));
  double first = 0.0;
  double last = 0.0;
  AdamOptions fast;
  fast.learning_rate = 1e-2;
  Adam adam(named_parameters(*model), fast);
  for (std::uint64_t step = 0; step < 60; ++step) {
    const double loss = objective->add_gradient(batch, step)[0].second.item<double>();
    if (step == 0) first = loss;
    last = loss;
    adam.step(step);
  }
  EXPECT_LT(last, 0.7 * first);
}

TEST(PairObjective, RefusesModelsWithoutConjugateStructureAndSingleImages) {
  EXPECT_THROW(pair_of(example_model("igebm")), ConfigError);
  EXPECT_THROW(pair_of(example_model("cebm"), 1), ConfigError);
}

}  // namespace
}  // namespace cebm::pair_test
