// p(y | x) of a conjugate EBM, its training by labels, and JEM: both together.
#include <cebm/catalog.h>
#include <cebm/classification.h>
#include <cebm/errors.h>
#include <cebm/module_state.h>
#include <cebm/optimizer.h>
#include <gmock/gmock.h>

#include "contract/rows.h"
#include "models/build_models.h"
#include "support/numeric.h"

namespace cebm::labels_test {
namespace {

constexpr ImageShape kImage{1, 12, 10};

Batch labelled(std::int64_t count, std::vector<std::int64_t> labels) {
  Batch batch = unlabelled(test_images(count, kImage));
  batch.labels = torch::tensor(labels, torch::kInt64);
  return batch;
}

class Classification : public testing::TestWithParam<Head> {};

TEST_P(Classification, ComponentsAddUpToTheDensity) {
  const auto model = sharp_model(GetParam(), kImage);
  model->to(torch::kFloat64);
  const torch::Tensor x = test_images(6, kImage).to(torch::kFloat64);
  const torch::Tensor scores = log_components(*components_of(*model), model->statistics(x));
  EXPECT_EQ(scores.sizes(), (std::vector<std::int64_t>{6, 4}));
  EXPECT_LT(relative_error(torch::logsumexp(scores, 1), -model->energy(x)), 1e-12);
  const torch::Tensor found = component_probabilities(*model, model->encoder().forward(x));
  EXPECT_LT(relative_error(found, model->posterior(x).responsibilities()), 1e-10);
}

TEST_P(Classification, ItsGradientIsAutogradsCrossEntropyOfTheLabelledImages) {
  const auto model = sharp_model(GetParam(), kImage);
  const auto exact = sharp_model(GetParam(), kImage);
  exact->to(torch::kFloat64);
  const Batch batch = labelled(6, {3, -1, 0, 1, -1, 2});
  make_labels_objective({}, ObjectiveContext{.model = model, .batch_size = 6})->add_gradient(batch, 0);
  const torch::Tensor known = batch.labels.ge(0).nonzero().squeeze(1);
  const torch::Tensor probability =
      exact->posterior(batch.images.index_select(0, known).to(torch::kFloat64)).responsibilities();
  const torch::Tensor labels = batch.labels.index_select(0, known);
  (-probability.log().gather(1, labels.unsqueeze(1)).mean()).backward();
  for (std::size_t i = 0; i < model->parameters().size(); ++i) {
    EXPECT_LT(relative_error(model->parameters()[i].grad(), exact->parameters()[i].grad()), 1e-3) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Heads, Classification, testing::Values(Head::mixture_shared, Head::mixture_per_component));

TEST(Labels, AreRefusedWhereTheBiasHasNoClassesOrTooFew) {
  for (const char* model : {"cebm", "igebm"}) {
    EXPECT_THROW(make_labels_objective({}, ObjectiveContext{.model = example_model(model)}), ConfigError) << model;
  }
  const auto with_largest = [](std::int64_t label) {
    const auto images = torch::zeros({2, 1, kImage.height, kImage.width}, torch::kByte);
    const Dataset data{"two", "train", images, torch::tensor({std::int64_t{0}, label}), {}, {}};
    return make_labels_objective({}, ObjectiveContext{.model = sharp_model(Head::mixture_shared, kImage),
                                                      .data = std::make_shared<const Dataset>(data)});
  };
  EXPECT_NO_THROW(with_largest(3));
  EXPECT_THROW(with_largest(4), DataError);
}

JemOptions jem_options(double density_weight, double label_weight) {
  JemOptions options(catalog());
  read_options(parse_config("{steps: 2}"), options.density.chains.options());
  options.density.buffer.size = 8;
  options.density_weight = density_weight;
  options.label_weight = label_weight;
  return options;
}

std::vector<torch::Tensor> gradients(const std::function<std::shared_ptr<Objective>(const ObjectiveContext&)>& make) {
  const auto model = sharp_model(Head::mixture_shared, kImage);
  make(ObjectiveContext{.model = model, .seed = 3, .batch_size = 4})->add_gradient(labelled(4, {3, -1, 0, 1}), 2);
  std::vector<torch::Tensor> all;
  for (const torch::Tensor& parameter : model->parameters()) all.push_back(parameter.grad());
  return all;
}

TEST(Jem, IsTheWeightedSumOfPcdAndTheLabelsCrossEntropy) {
  const JemOptions options = jem_options(0.5, 2.0);
  const auto found = gradients([&](const ObjectiveContext& context) { return make_jem(options, context); });
  const auto density = gradients([&](const ObjectiveContext& context) { return make_pcd(options.density, context); });
  const auto labels =
      gradients([&](const ObjectiveContext& context) { return make_labels_objective(options.labels, context); });
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_LT(relative_error(found[i], 0.5 * density[i] + 2.0 * labels[i]), 1e-5) << i;
  }
}

TEST(Jem, LearnsFromItsLabelsWhatTheOthersAre) {
  const auto model = sharp_model(Head::mixture_shared, kImage);
  JemOptions options = jem_options(0.01, 1.0);
  const auto objective = make_jem(options, ObjectiveContext{.model = model, .batch_size = 8});
  // Bright images are of class 1, dark ones of class 2.
  Batch batch = labelled(8, {1, 2, 1, 2, 1, 2, -1, -1});
  const torch::Tensor side = torch::tensor({1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0}, torch::kFloat);
  batch.images = (0.3 * batch.images + 0.6 * side.view({-1, 1, 1, 1})).contiguous(torch::MemoryFormat::ChannelsLast);
  AdamOptions fast;
  fast.learning_rate = 1e-2;
  Adam adam(named_parameters(*model), fast);
  for (std::uint64_t step = 0; step < 60; ++step) {
    objective->add_gradient(batch, step);
    adam.step(step);
  }
  const torch::Tensor found = model->posterior(batch.images).responsibilities().argmax(1);
  EXPECT_TRUE(found.equal(torch::tensor({1, 2, 1, 2, 1, 2, 1, 2}, torch::kInt64))) << found;
}

}  // namespace
}  // namespace cebm::labels_test
