#include <c10/core/GradMode.h>
#include <cebm/bigan.h>
#include <cebm/errors.h>
#include <cebm/module_state.h>
#include <cebm/run.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "contract/rows.h"
#include "support/folder_test.h"
#include "support/numeric.h"

namespace cebm {
namespace {

constexpr RandomKey kKey{.seed = 1, .stream = Stream::encoder_dropout};

std::shared_ptr<Bigan> example_bigan(const std::string& name, const std::string& changes = "{}") {
  const ModelEntry& row = catalog().models.find(name);
  const auto options = example_options(row);
  read_options(parse_config(changes), *options);
  auto model = std::dynamic_pointer_cast<Bigan>(row.build(*options, ModelContext{{1, 12, 10}, 1}));
  model->to(torch::kFloat64);
  return model;
}

torch::Tensor images(std::int64_t count) { return test_images(count).to(torch::kFloat64); }

torch::Tensor codes(std::int64_t count, std::uint64_t seed = 3) {
  return normal({count, 6}, {.seed = seed}).to(torch::kFloat64);
}

std::int64_t count_of(const std::vector<torch::Tensor>& weights) {
  std::int64_t count = 0;
  for (const auto& weight : weights) count += weight.numel();
  return count;
}

TEST(Bigan, DefaultNetworksAreTheAuthorsWithTheWeightsCountedByHand) {
  const ModelEntry& row = catalog().models.find("bigan");
  const auto model = std::dynamic_pointer_cast<Bigan>(row.build(*row.options(catalog()), ModelContext{{1, 28, 28}, 1}));
  // 1*64*9 + 64*64*16 + 64*32*16 + 32*32*16, and two numbers for each of 192 normalised channels.
  const std::int64_t convolutions = 576 + 65536 + 32768 + 16384 + 384;
  // 128*64*16 + 64*64*16 + 64*32*9 + 32*32*16 + 32*16 + 1, and the same normalisation.
  const std::int64_t generator = 131072 + 65536 + 18432 + 16384 + 513 + 384;
  // 32*3*3 features: 288*128+128 + 128*256+256.
  EXPECT_EQ(count_of(model->generator_weights()), convolutions + 36992 + 33024 + generator);
  // (288+128)*128+128 + 128+1.
  EXPECT_EQ(count_of(model->discriminator_weights()), convolutions + 53376 + 129);
  EXPECT_EQ(model->generate(normal({2, 128}, {.seed = 1})).sizes(), (std::vector<std::int64_t>{2, 1, 28, 28}));
}

TEST(Bigan, RefusesWeightsOfItsPriorThatCouldNotBeTrained) {
  EXPECT_THAT(message_of<ConfigError>(
                  [] { example_bigan("gmm_bigan", "prior: {name: mixture, components: 3, learnable_weights: true}"); }),
              testing::HasSubstr("expected learnable_weights: false, found true"));
}

TEST(Bigan, EveryWeightBelongsToOneOfThePlayers) {
  const auto model = example_bigan("gmm_bigan", "prior: {name: gaussian_mixture, learnable: true}");
  std::multiset<const void*> members;
  for (const auto& part : {model->generator_weights(), model->discriminator_weights()}) {
    for (const auto& weight : part) members.insert(weight.unsafeGetTensorImpl());
  }
  std::multiset<const void*> all;
  for (const auto& weight : model->parameters()) all.insert(weight.unsafeGetTensorImpl());
  EXPECT_EQ(members, all);
}

TEST(Bigan, EncodesByTheMeanAndSpreadOfTheBatchsPosterior) {
  const auto model = example_bigan("bigan");
  const torch::Tensor x = images(20);
  const torch::Tensor mean = model->encode(x, torch::zeros({20, 6}, torch::kFloat64), kKey);
  const torch::Tensor spread = model->encode(x, torch::ones({20, 6}, torch::kFloat64), kKey) - mean;
  EXPECT_TRUE((spread > 0).all().item<bool>());
  EXPECT_LT(relative_error(model->encode(x, codes(20), kKey), mean + spread * codes(20)), 1e-12);
}

TEST(Bigan, TheEncoderDropsTheChannelsThatItsKeySays) {
  const auto model = example_bigan("bigan", "encoder: {dropout: 0.5}");
  const auto encode = [&](RandomKey key) { return model->encode(images(20), codes(20), key); };
  const RandomKey other_seed{.seed = 2, .stream = kKey.stream};
  const RandomKey other_step{.seed = 1, .stream = kKey.stream, .step = 1};
  EXPECT_TRUE(encode(kKey).equal(encode(kKey)));
  EXPECT_GT(relative_error(encode(other_seed), encode(kKey)), 1e-3);
  EXPECT_GT(relative_error(encode(other_step), encode(kKey)), 1e-3);
}

TEST(Bigan, InTrainingAnImageDependsOnTheBatchAndAfterwardsOnItselfAlone) {
  const auto model = example_bigan("gmm_bigan");
  const torch::Tensor x = images(20);
  const torch::Tensor z = codes(20);
  const auto difference = [](const torch::Tensor& part, const torch::Tensor& all) {
    return relative_error(part, all.narrow(0, 5, 4));
  };
  EXPECT_GT(difference(model->render(z.narrow(0, 5, 4)), model->render(z)), 1e-3);
  EXPECT_GT(difference(model->encode(x.narrow(0, 5, 4), z.narrow(0, 5, 4) * 0, kKey), model->encode(x, z * 0, kKey)),
            1e-3);
  EXPECT_LT(difference(model->generate(z.narrow(0, 5, 4)), model->generate(z)), 1e-12);
  EXPECT_LT(difference(model->latent(x.narrow(0, 5, 4)), model->latent(x)), 1e-12);
}

TEST(Bigan, RunningAveragesMoveInTrainingOnlyAndApproachTheBatchs) {
  const auto model = example_bigan("bigan");
  const std::vector<std::string> names = model->running_averages();
  EXPECT_EQ(names.size(), 2U * (2 + 1 + 2)) << "a mean and a variance for each normalised layer";
  const torch::Tensor x = images(16);
  const State before = module_state(*model);
  (void)model->generate(codes(16));
  (void)model->latent(x);
  State after = module_state(*model);
  for (const std::string& name : names) EXPECT_TRUE(after.tensors[name].equal(before.tensors.at(name))) << name;

  const torch::NoGradGuard no_graph;
  (void)model->encode(x, codes(16), kKey);
  (void)model->discriminate(x, codes(16), {.seed = 1});
  for (int pass = 0; pass < 100; ++pass) (void)model->render(codes(16));
  after = module_state(*model);
  for (const std::string& name : names) EXPECT_FALSE(after.tensors[name].equal(before.tensors.at(name))) << name;
  // The variances kept are unbiased, the batch's own are not: an error of 1 / 480 in the only layer.
  EXPECT_LT(relative_error(model->generate(codes(16)), model->render(codes(16))), 5e-3);
}

TEST(Bigan, DrawsFromThePriorAndTrainsItThroughTheDraws) {
  const auto model = example_bigan("gmm_bigan");  // learnable unless told otherwise
  const RandomKey key{7, Stream::latent, 3};
  const torch::Tensor z = model->draw_prior(37, key);
  EXPECT_TRUE(z.equal(model->prior().expand(37).sample(key)));
  std::vector<torch::Tensor> prior;
  for (const auto& item : model->named_parameters()) {
    if (item.key().starts_with("prior.")) prior.push_back(item.value());
  }
  ASSERT_EQ(prior.size(), 1U);
  const auto found = torch::autograd::grad({z.pow(3).sum()}, prior)[0];
  const auto expected = torch::autograd::grad({model->prior().expand(37).sample(key).pow(3).sum()}, prior)[0];
  EXPECT_LT(relative_error(found, expected), 1e-12);

  const auto fixed = example_bigan("gmm_bigan", "prior: {name: gaussian_mixture, learnable: false}");
  EXPECT_FALSE(fixed->draw_prior(5, key).requires_grad());
}

TEST(Bigan, TheDiscriminatorJudgesImageAndCode) {
  const auto model = example_bigan("bigan", "discriminator: {dropout: 0.0}");
  const torch::Tensor x = images(20).requires_grad_(true);
  const torch::Tensor z = codes(20).requires_grad_(true);
  const torch::Tensor logits = model->discriminate(x, z, {.seed = 1});
  ASSERT_EQ(logits.sizes(), (std::vector<std::int64_t>{20}));
  for (const auto& gradient : torch::autograd::grad({logits.sum()}, {x, z})) {
    EXPECT_GT(gradient.abs().max().item<double>(), 0.0);
  }
}

TEST(Bigan, HasNoDensity) {
  const std::shared_ptr<Model> model = example_bigan("bigan");
  EXPECT_EQ(dynamic_cast<Density*>(model.get()), nullptr);
  EXPECT_EQ(model->pixel_range(), PixelRange::symmetric);
}

TEST(Bigan, RefusesAPriorThatWouldNeedStatistics) {
  EXPECT_THROW(example_bigan("gmm_bigan", "prior: {name: gaussian_mixture, statistics: per_component}"), ConfigError);
}

TEST(Bigan, NoConfigurationGivesAnEnergyBatchNormalisation) {
  const ModelEntry& row = catalog().models.find("cebm");
  const auto options = example_options(row);
  EXPECT_THROW(read_options(parse_config("encoder: {name: cnn, normalization: batch}"), *options), ConfigError);
  for (const auto& encoder : catalog().encoders.rows()) {
    const auto network = build_example(catalog().encoders, encoder.name, EncoderContext{{1, 12, 10}, 6, 1});
    EXPECT_EQ(network->buffers().size(), 0U) << encoder.name << " keeps running averages";
  }
}

}  // namespace
}  // namespace cebm
