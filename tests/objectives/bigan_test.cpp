#include <ATen/Parallel.h>
#include <ATen/ops/binary_cross_entropy.h>
#include <c10/core/GradMode.h>
#include <cebm/bigan.h>
#include <cebm/errors.h>
#include <cebm/losses.h>
#include <cebm/objective.h>
#include <gtest/gtest.h>

#include "contract/rows.h"
#include "support/numeric.h"

namespace cebm {
namespace {

constexpr std::uint64_t kSteps = 10;

std::shared_ptr<Bigan> example_bigan(const std::string& name) {
  return std::dynamic_pointer_cast<Bigan>(example_model(name));
}

std::shared_ptr<Objective> objective_of(const std::shared_ptr<Model>& model, std::uint64_t seed = 1) {
  return make_bigan(BiganOptions(), ObjectiveContext{model, seed, torch::kCPU, kSteps});
}

/// Gradients of `weights`, cleared.
std::vector<torch::Tensor> take_gradients(const std::vector<torch::Tensor>& weights) {
  std::vector<torch::Tensor> all;
  for (const auto& weight : weights) {
    all.push_back(weight.grad());
    weight.mutable_grad() = torch::Tensor();
  }
  return all;
}

TEST(BiganLosses, AreBinaryCrossEntropiesWithTheLabelsExchangedForTheGenerator) {
  const torch::Tensor real = normal({7}, {.seed = 1}).to(torch::kFloat64) * 3.0;
  const torch::Tensor fake = normal({5}, {.seed = 2}).to(torch::kFloat64) * 3.0;
  const auto entropy = [](const torch::Tensor& logits, double label) {
    return at::binary_cross_entropy(logits.sigmoid(), torch::full_like(logits, label));
  };
  const BiganLosses found = bigan_losses(real, fake);
  EXPECT_LT(relative_error(found.discriminator, entropy(real, 1.0) + entropy(fake, 0.0)), 1e-12);
  EXPECT_LT(relative_error(found.generator, entropy(real, 0.0) + entropy(fake, 1.0)), 1e-12);
  EXPECT_LT(relative_error(found.real_probability, (1.0 / (1.0 + (-real).exp())).mean()), 1e-12);
  EXPECT_LT(relative_error(found.fake_probability, (1.0 / (1.0 + (-fake).exp())).mean()), 1e-12);
}

TEST(BiganLosses, StayFiniteForACertainDiscriminatorAndStillTeachTheGenerator) {
  const torch::Tensor real = torch::full({3}, 200.0F);
  const torch::Tensor fake = torch::full({3}, -200.0F).requires_grad_(true);
  const BiganLosses result = bigan_losses(real, fake);
  EXPECT_FLOAT_EQ(result.generator.item<float>(), 400.0F);
  EXPECT_FLOAT_EQ(torch::autograd::grad({result.generator}, {fake})[0].sum().item<float>(), -1.0F);
}

TEST(BiganObjective, EachPlayersGradientIsThatOfItsOwnLossAlone) {
  const std::uint64_t step = 4;
  const torch::Tensor batch = test_images(16);
  const auto model = example_bigan("gmm_bigan");
  const StepValues terms = objective_of(model)->add_gradient(unlabelled(batch), step);
  const auto generator = take_gradients(model->generator_weights());
  const auto discriminator = take_gradients(model->discriminator_weights());

  // The same numbers by the documented keys, and each loss's gradient by itself.
  const auto draw = [](std::vector<std::int64_t> shape, Stream stream, std::uint64_t number) {
    return normal(shape, {1, stream, number});
  };
  const double std = 0.1 * (1.0 - 4.0 / 10.0);
  const torch::Tensor z = model->draw_prior(16, {1, Stream::latent, 2 * step});
  const torch::Tensor code =
      model->encode(batch, draw({16, 6}, Stream::latent, 2 * step + 1), {1, Stream::encoder_dropout, step});
  const torch::Tensor fake = model->render(z) + std * draw({16, 1, 12, 10}, Stream::image_noise, 2 * step + 1);
  const torch::Tensor real = batch + std * draw({16, 1, 12, 10}, Stream::image_noise, 2 * step);
  const auto judge = [&](const torch::Tensor& x, const torch::Tensor& latent, std::uint64_t pass) {
    return model->discriminate(x, latent, {1, Stream::dropout, 4 * step + pass});
  };
  const torch::Tensor of_fake = judge(fake, z, 0);
  const BiganLosses first = bigan_losses(judge(real, code, 1), of_fake);
  const torch::Tensor of_detached = judge(fake.detach(), z.detach(), 2);
  const BiganLosses second = bigan_losses(judge(real, code.detach(), 3), of_detached);
  EXPECT_LT(relative_error(terms[0].second, second.discriminator), 1e-6);
  EXPECT_LT(relative_error(terms[1].second, first.generator), 1e-6);
  const auto of_generator = torch::autograd::grad({first.generator}, model->generator_weights());
  const auto of_discriminator = torch::autograd::grad({second.discriminator}, model->discriminator_weights());
  for (std::size_t i = 0; i < generator.size(); ++i) EXPECT_TRUE(generator[i].equal(of_generator[i])) << i;
  for (std::size_t i = 0; i < discriminator.size(); ++i) EXPECT_TRUE(discriminator[i].equal(of_discriminator[i])) << i;
}

TEST(BiganObjective, AStepAgainstTheGradientLowersThePlayersOwnLoss) {
  const torch::Tensor batch = test_images(16);
  for (const bool discriminator : {false, true}) {
    const auto model = example_bigan("bigan");
    const auto objective = objective_of(model);
    const std::size_t term = discriminator ? 0 : 1;
    const double before = objective->add_gradient(unlabelled(batch), 0)[term].second.item<double>();
    const auto weights = discriminator ? model->discriminator_weights() : model->generator_weights();
    {
      const torch::NoGradGuard no_graph;
      for (const auto& weight : weights) torch::Tensor(weight).sub_(weight.grad(), 1e-2);
    }
    EXPECT_LT(objective->add_gradient(unlabelled(batch), 0)[term].second.item<double>(), before);
  }
}

TEST(BiganObjective, ImageNoiseFallsLinearlyToNothing) {
  BiganOptions options;
  options.image_noise_std = 0.4;
  EXPECT_DOUBLE_EQ(options.image_noise_std_at(0, 8), 0.4);
  EXPECT_DOUBLE_EQ(options.image_noise_std_at(2, 8), 0.3);
  EXPECT_DOUBLE_EQ(options.image_noise_std_at(8, 8), 0.0);
  EXPECT_DOUBLE_EQ(options.image_noise_std_at(9, 8), 0.0);
  const auto objective = objective_of(example_bigan("bigan"));
  EXPECT_DOUBLE_EQ(objective->measure(5)[0].second, 0.05);
}

TEST(BiganObjective, ItsNoiseIsAFunctionOfSeedAndStep) {
  const torch::Tensor batch = test_images(16);
  const auto losses = [&](std::uint64_t seed, std::uint64_t step) {
    const StepValues terms = objective_of(example_bigan("bigan"), seed)->add_gradient(unlabelled(batch), step);
    return std::pair{terms[0].second.item<float>(), terms[1].second.item<float>()};
  };
  EXPECT_EQ(losses(1, 3), losses(1, 3));
  EXPECT_NE(losses(2, 3), losses(1, 3));
  EXPECT_NE(losses(1, 4), losses(1, 3));
}

TEST(BiganObjective, TheEncoderDropsOtherChannelsForEverySeedAndStep) {
  const ModelEntry& row = catalog().models.find("bigan");
  const auto own = example_options(row);
  read_options(parse_config("{encoder: {dropout: 0.5}, discriminator: {dropout: 0}}"), *own);
  const auto model = std::dynamic_pointer_cast<Bigan>(row.build(*own, ModelContext{{1, 12, 10}, 1}));
  const torch::Tensor batch = test_images(16);
  BiganOptions options;
  options.image_noise_std = 0.0;
  for (const auto& [seed, step] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{{1, 3}, {2, 3}, {1, 4}}) {
    const auto objective = make_bigan(options, ObjectiveContext{model, seed, torch::kCPU, kSteps});
    const torch::Tensor found = objective->add_gradient(unlabelled(batch), step)[1].second;
    const torch::Tensor z = model->draw_prior(16, {seed, Stream::latent, 2 * step});
    const torch::Tensor noise = normal({16, 6}, {seed, Stream::latent, 2 * step + 1});
    const torch::Tensor code = model->encode(batch, noise, {seed, Stream::encoder_dropout, step});
    const torch::Tensor of_data = model->discriminate(batch, code, {});
    const torch::Tensor generator_loss = bigan_losses(of_data, model->discriminate(model->render(z), z, {})).generator;
    EXPECT_LT(relative_error(found, generator_loss), 1e-6) << "seed " << seed << ", step " << step;
  }
}

// The authors' networks: activations and weights large enough for LibTorch to split.
TEST(BiganObjective, GivesTheSameBitsForAnyNumberOfThreads) {
  const int threads = at::get_num_threads();
  const ModelEntry& row = catalog().models.find("gmm_bigan");
  const torch::Tensor batch = test_images(18, {1, 28, 28});
  const auto gradients = [&](int count) {
    at::set_num_threads(count);
    const auto model = row.build(*row.options(catalog()), ModelContext{{1, 28, 28}, 1});
    objective_of(model)->add_gradient(unlabelled(batch), 0);
    auto all = take_gradients(model->parameters());
    for (const auto& buffer : model->buffers()) all.push_back(buffer);
    return all;
  };
  const auto one = gradients(1);
  const auto two = gradients(2);
  at::set_num_threads(threads);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(one[i].equal(two[i])) << i;
}

TEST(BiganObjective, ShowsTheSameCodesEveryTimeAndMovesNothing) {
  const auto model = example_bigan("gmm_bigan");
  const auto objective = objective_of(model);
  const auto tensors_of = [&] {
    std::vector<torch::Tensor> tensors;
    for (const auto& tensor : model->parameters()) tensors.push_back(tensor.detach().clone());
    for (const auto& tensor : model->buffers()) tensors.push_back(tensor.detach().clone());
    return tensors;
  };
  const auto before = tensors_of();
  const torch::Tensor first = objective->showcase(9);
  EXPECT_EQ(first.sizes(), (std::vector<std::int64_t>{9, 1, 12, 10}));
  EXPECT_TRUE(objective->showcase(9).equal(first));
  const auto after = tensors_of();
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < after.size(); ++i) EXPECT_TRUE(after[i].equal(before[i])) << i;
  EXPECT_TRUE(objective->showcase(9).abs().le(1.0).all().item<bool>());
}

TEST(BiganObjective, RefusesAModelThatIsNoBigan) {
  for (const char* name : {"cebm", "vae"}) EXPECT_THROW(objective_of(example_model(name)), ConfigError);
}

}  // namespace
}  // namespace cebm
