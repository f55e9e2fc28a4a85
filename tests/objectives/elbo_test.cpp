#include <cebm/errors.h>
#include <cebm/losses.h>
#include <cebm/objective.h>
#include <cebm/vae.h>
#include <gtest/gtest.h>

#include "contract/rows.h"
#include "support/numeric.h"

namespace cebm {
namespace {

std::shared_ptr<Vae> example_vae(const std::string& name) {
  return std::dynamic_pointer_cast<Vae>(example_model(name));
}

std::shared_ptr<Objective> objective_of(const std::shared_ptr<Model>& model, const std::string& yaml) {
  ElboOptions options;
  read_options(parse_config(yaml), options);
  return make_elbo(options, ObjectiveContext{model, 1, torch::kCPU});
}

std::vector<torch::Tensor> gradients(const Model& model) {
  std::vector<torch::Tensor> all;
  for (const auto& parameter : model.parameters()) {
    all.push_back(parameter.grad().clone());
    parameter.mutable_grad() = torch::Tensor();
  }
  return all;
}

torch::Tensor unit_images(std::int64_t count) { return test_images(count) * 0.5 + 0.5; }

TEST(NegativeElbo, NamesItsTermsCorrectly) {
  const NegativeElbo result = negative_elbo(torch::tensor({-5.0F, -7.0F}), torch::tensor({1.0F, 3.0F}), 0.25);
  EXPECT_FLOAT_EQ(result.log_likelihood.item<float>(), -6.0F);
  EXPECT_FLOAT_EQ(result.kl.item<float>(), 2.0F);
  EXPECT_FLOAT_EQ(result.elbo.item<float>(), -8.0F);
  EXPECT_FLOAT_EQ(result.loss.item<float>(), 6.5F);
}

TEST(ElboObjective, GradientIsThatOfTheWholeBatchAtOnce) {
  const auto model = example_vae("gmm_vae");
  const torch::Tensor x = unit_images(37);  // two whole tiles and a part of one
  const auto objective = objective_of(model, "samples: 2");
  const StepValues terms = objective->add_gradient(unlabelled(x), 5);
  const auto tiled = gradients(*model);
  // Row b of sample s uses chain b of draw 5 * 2 + s.
  const torch::Tensor noise =
      torch::stack({normal({37, 6}, {1, Stream::latent, 10}), normal({37, 6}, {1, Stream::latent, 11})});
  const Elbo elbo = model->elbo(x, noise);
  const NegativeElbo expected = negative_elbo(elbo.log_likelihood, elbo.kl, 1.0);
  expected.loss.backward();
  const auto whole = gradients(*model);
  EXPECT_LT(relative_error(terms[0].second, expected.loss), 1e-6);
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_LT(relative_error(tiled[i], whole[i]), 1e-4) << i;
}

// Noise would carry pixels out of [0, 1], where a Bernoulli likelihood has no bound.
TEST(ElboObjective, LearnsTheImagesWithoutNoise) {
  const auto model = example_vae("vae");
  Batch batch = unlabelled(unit_images(5));
  const torch::Tensor expected = objective_of(model, "{}")->add_gradient(batch, 5)[0].second;
  batch.images = batch.clean + 1.0;
  EXPECT_TRUE(objective_of(model, "{}")->add_gradient(batch, 5)[0].second.equal(expected));
}

TEST(ElboObjective, WarmUpRaisesTheKlTermsWeightFromNothingToOne) {
  ElboOptions options;
  EXPECT_EQ(options.kl_weight_at(0), 1.0);
  options.kl_warmup_steps = 4;
  EXPECT_EQ(options.kl_weight_at(0), 0.0);
  EXPECT_EQ(options.kl_weight_at(1), 0.25);
  EXPECT_EQ(options.kl_weight_at(4), 1.0);
  EXPECT_EQ(options.kl_weight_at(400), 1.0);

  const auto model = example_vae("vae");
  const auto objective = objective_of(model, "kl_warmup_steps: 4");
  const StepValues terms = objective->add_gradient(unlabelled(unit_images(4)), 1);
  const auto value = [&](std::size_t i) { return terms[i].second.item<double>(); };
  EXPECT_NEAR(value(0), 0.25 * value(3) - value(2), 1e-3);
  EXPECT_NEAR(value(1), value(2) - value(3), 1e-3) << "the ELBO itself is not weighted";
}

TEST(ElboObjective, AnImagesNoiseDependsOnItsRowAndTheStepAlone) {
  const auto model = example_vae("vae");
  const auto objective = objective_of(model, "{}");
  const torch::Tensor x = unit_images(20);
  const torch::Tensor other = torch::cat({x.narrow(0, 10, 7), x.narrow(0, 7, 13)});  // the first seven rows changed
  const auto sum_of_elbos = [&](const torch::Tensor& images, std::uint64_t step) {
    return static_cast<double>(images.size(0)) *
           objective->add_gradient(unlabelled(images), step)[1].second.item<double>();
  };
  EXPECT_EQ(sum_of_elbos(x, 3), sum_of_elbos(x, 3));
  EXPECT_NE(sum_of_elbos(x, 3), sum_of_elbos(x, 4));
  // What the last thirteen rows add is the same whatever the first seven are, and these have the same noise alone.
  const double rest = sum_of_elbos(x, 3) - sum_of_elbos(x.narrow(0, 0, 7), 3);
  EXPECT_NEAR(sum_of_elbos(other, 3) - sum_of_elbos(other.narrow(0, 0, 7), 3), rest, 1e-5 * std::abs(rest));
}

TEST(ElboObjective, ShowsTheSameCodesEveryTimeInTheRangeOfPictures) {
  const auto model = example_vae("gmm_vae");
  const auto objective = objective_of(model, "{}");
  const torch::Tensor first = objective->showcase(9);
  EXPECT_EQ(first.sizes(), (std::vector<std::int64_t>{9, 1, 12, 10}));
  EXPECT_TRUE(objective->showcase(9).equal(first));
  EXPECT_LT(first.min().item<float>(), 0.0F) << "[-1, 1], not the model's [0, 1]";
}

TEST(ElboObjective, RefusesAModelThatIsNoVae) { EXPECT_THROW(objective_of(example_model("cebm"), "{}"), ConfigError); }

}  // namespace
}  // namespace cebm
