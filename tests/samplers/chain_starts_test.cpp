// Where chains start: training images, with noise or without, and a Gaussian fitted to them.
#include <ATen/Parallel.h>
#include <ATen/ops/linalg_eigh.h>
#include <cebm/chain_starts.h>
#include <cebm/errors.h>
#include <cebm/random.h>
#include <cebm/replay_buffer.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/numeric.h"

namespace cebm::chain_starts_test {
namespace {

constexpr ImageShape kImage{.channels = 2, .height = 3, .width = 4};

/// `count` different images, correlated pixels.
torch::Tensor training_images(std::int64_t count = 300) {
  const torch::Tensor factors = normal({count, 3}, {.seed = 4});
  const torch::Tensor directions = normal({3, kImage.numel()}, {.seed = 5}) * 0.12;
  const torch::Tensor noise = normal({count, kImage.numel()}, {.seed = 6}) * 0.02;
  return (factors.matmul(directions) + noise + 0.1)
      .view({count, kImage.height, kImage.width, kImage.channels})
      .permute({0, 3, 1, 2});
}

StartImages starts_of(const torch::Tensor& images) {
  return {images.size(0), [images](const torch::Tensor& rows) { return images.index_select(0, rows); }};
}

BufferOptions options_with(ChainStart from, std::int64_t size = 40, double reuse = 0.5) {
  BufferOptions options;
  options.size = size;
  options.reuse_probability = reuse;
  options.start.from = from;
  options.start.components = 5;
  return options;
}

ReplayBuffer buffer_of(const BufferOptions& options, const torch::Tensor& images = training_images()) {
  return {options, kImage, 1, torch::kCPU, starts_of(images)};
}

/// Distance to the nearest training image, the largest difference of a pixel, for each chain.
torch::Tensor distance_to_data(const torch::Tensor& x, const torch::Tensor& images) {
  return (x.flatten(1).unsqueeze(1) - images.flatten(1).unsqueeze(0)).abs().amax(2).amin(1);
}

TEST(ChainStarts, AreTrainingImagesOfAllKinds) {
  const torch::Tensor images = training_images().clamp(-1, 1);
  const ReplayBuffer buffer = buffer_of(options_with(ChainStart::data, 2000));
  EXPECT_EQ(distance_to_data(buffer.images(), images).max().item<double>(), 0.0);
  EXPECT_TRUE(buffer.images().is_contiguous(torch::MemoryFormat::ChannelsLast));
  const torch::Tensor distances = distance_to_data(images, buffer.images());
  EXPECT_GT(distances.eq(0).sum().item<std::int64_t>(), 290) << "2000 draws leave out 0.4 of 300 images on average";
}

TEST(ChainStarts, AreTrainingImagesWithNoise) {
  BufferOptions options = options_with(ChainStart::data_noise, 500);
  options.start.noise_std = 0.01;
  const ReplayBuffer noisy = buffer_of(options);
  const ReplayBuffer clean = buffer_of(options_with(ChainStart::data, 500));
  EXPECT_NEAR((noisy.images() - clean.images()).std().item<double>(), 0.01, 0.001);
}

TEST(ChainStarts, StayWithinTheRangeOfImages) {
  for (const ChainStart from : {ChainStart::data_noise, ChainStart::gaussian}) {
    BufferOptions options = options_with(from);
    options.start.noise_std = 5.0;
    const ReplayBuffer buffer = buffer_of(options, training_images() * 4);
    EXPECT_EQ(buffer.images().abs().max().item<double>(), 1.0);
  }
}

TEST(ChainStarts, OfARestartAreNewAndDependOnSeedStepAndSlotAlone) {
  for (const ChainStart from : {ChainStart::data, ChainStart::data_noise, ChainStart::gaussian}) {
    ReplayBuffer first = buffer_of(options_with(from));
    ReplayBuffer second = buffer_of(options_with(from));
    (void)second.draw(7, 1);
    const Chains a = first.draw(30, 5);
    EXPECT_TRUE(a.x.equal(second.draw(30, 5).x));
    EXPECT_GT(first.restarted(), 0);
    EXPECT_FALSE(a.x.equal(first.images().index_select(0, a.ids)));
  }
}

TEST(ChainStarts, GoOnAfterSaveAndLoadAsIfNothingHappened) {
  for (const ChainStart from : {ChainStart::data, ChainStart::gaussian}) {
    ReplayBuffer original = buffer_of(options_with(from));
    original.store(original.draw(20, 1));
    State state;
    original.save(state);
    ReplayBuffer resumed = buffer_of(options_with(from));
    resumed.load(state);
    const Chains found = resumed.draw(20, 2);
    const Chains expected = original.draw(20, 2);
    EXPECT_TRUE(found.x.equal(expected.x));
    EXPECT_TRUE(found.calls.equal(expected.calls));
  }
  State noise;
  buffer_of(options_with(ChainStart::noise)).save(noise);
  EXPECT_THROW(buffer_of(options_with(ChainStart::gaussian)).load(noise), CheckpointError);
}

TEST(ChainStarts, AGaussianThatWasNotSavedIsFittedAnewForTheChainsThatWere) {
  ReplayBuffer before = buffer_of(options_with(ChainStart::noise));
  before.store(before.draw(20, 3));
  State saved;
  before.save(saved);
  ReplayBuffer now = buffer_of(options_with(ChainStart::gaussian));
  EXPECT_THROW(now.load(saved), CheckpointError);
  EXPECT_TRUE(now.images().equal(before.images()));
  EXPECT_DOUBLE_EQ(now.mean_age(4), before.mean_age(4));
  State again;
  now.save(again);
  EXPECT_NO_THROW(buffer_of(options_with(ChainStart::gaussian)).load(again)) << "saved before any chain restarted";
  ReplayBuffer fitted = buffer_of(options_with(ChainStart::gaussian, 40, 0.0));
  ReplayBuffer restarted = buffer_of(options_with(ChainStart::gaussian, 40, 0.0));
  EXPECT_THROW(restarted.load(saved), CheckpointError);
  EXPECT_TRUE(restarted.draw(20, 4).x.equal(fitted.draw(20, 4).x)) << "restarts come from the Gaussian";
}

TEST(ChainStarts, SayThatThereAreNoImages) {
  for (const ChainStart from : {ChainStart::data, ChainStart::gaussian}) {
    ReplayBuffer buffer(options_with(from), kImage, 1, torch::kCPU);
    EXPECT_THROW((void)buffer.draw(5, 0), ConfigError);
  }
}

TEST(ChainStarts, SayHowManyImagesAGaussianNeeds) {
  try {
    (void)buffer_of(options_with(ChainStart::gaussian), training_images(1)).images();
    FAIL() << "one image has no variance";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "buffer.start: gaussian: expected at least 2 training images, found 1");
  }
}

TEST(FittedGaussian, HasTheMeanAndTheLeadingComponentsOfTheImages) {
  const torch::Tensor images = training_images();
  const FittedGaussian fitted = fit_gaussian(starts_of(images), 3, 1);
  const torch::Tensor rows = images.permute({0, 2, 3, 1}).flatten(1).to(torch::kFloat64);
  EXPECT_LT(relative_error(fitted.mean, rows.mean(0)), 1e-5);
  const torch::Tensor centred = rows - rows.mean(0);
  const auto [variances, vectors] = at::linalg_eigh(centred.t().matmul(centred) / 300.0);
  const torch::Tensor leading = vectors.narrow(1, 21, 3);
  const torch::Tensor expected = (leading * variances.narrow(0, 21, 3)).matmul(leading.t());
  const torch::Tensor found = fitted.directions.to(torch::kFloat64);
  EXPECT_LT(relative_error(found.t().matmul(found), expected), 1e-5);
  EXPECT_GT(found[0].norm().item<double>(), found[2].norm().item<double>()) << "the largest first";
}

TEST(FittedGaussian, OfAsManyComponentsAsThereAreIsTheWholeCovariance) {
  const torch::Tensor images = training_images();
  const FittedGaussian fitted = fit_gaussian(starts_of(images), 1000, 1);
  EXPECT_EQ(fitted.directions.size(0), kImage.numel());
  EXPECT_EQ(fit_gaussian(starts_of(images.narrow(0, 0, 6)), 1000, 1).directions.size(0), 6);
  const torch::Tensor rows = images.permute({0, 2, 3, 1}).flatten(1).to(torch::kFloat64);
  const torch::Tensor centred = rows - rows.mean(0);
  const torch::Tensor found = fitted.directions.to(torch::kFloat64);
  EXPECT_LT(relative_error(found.t().matmul(found), centred.t().matmul(centred) / 300.0), 1e-5);
}

TEST(FittedGaussian, IsFittedToTheRowsThatCanBeAskedFor) {
  const torch::Tensor images = training_images(10050);
  torch::Tensor asked;
  fit_gaussian({images.size(0),
                [&](const torch::Tensor& rows) {
                  asked = rows;
                  return images.index_select(0, rows);
                }},
               1, 3);
  EXPECT_EQ(asked.size(0), 10000);
  EXPECT_TRUE(asked.equal(rows_of_fit(10050, 3)));
  EXPECT_FALSE(asked.equal(rows_of_fit(10050, 4)));
}

TEST(FittedGaussian, HasTheSameBitsForAnyNumberOfThreads) {
  const torch::Tensor images = training_images(1700);
  const int threads = at::get_num_threads();
  std::vector<FittedGaussian> fitted;
  for (const int count : {1, 3}) {
    at::set_num_threads(count);
    fitted.push_back(fit_gaussian(starts_of(images), 4, 1));
  }
  at::set_num_threads(threads);
  EXPECT_TRUE(fitted[0].mean.equal(fitted[1].mean));
  EXPECT_TRUE(fitted[0].directions.equal(fitted[1].directions));
}

TEST(ChainStarts, OfTheGaussianHaveItsMoments) {
  const torch::Tensor images = training_images();
  const ReplayBuffer buffer = buffer_of(options_with(ChainStart::gaussian, 20000), images);
  const FittedGaussian fitted = fit_gaussian(starts_of(images), 5, 1);
  const torch::Tensor rows = buffer.images().permute({0, 2, 3, 1}).flatten(1).to(torch::kFloat64);
  const torch::Tensor covariance = fitted.directions.t().matmul(fitted.directions);
  const torch::Tensor error = covariance.diag().sqrt() / std::sqrt(20000.0);
  EXPECT_LT(((rows.mean(0) - fitted.mean) / error).abs().max().item<double>(), 4.5);
  const torch::Tensor centred = rows - rows.mean(0);
  EXPECT_LT(relative_error(centred.t().matmul(centred) / 20000.0, covariance), 0.05);
}

TEST(ReplayBuffer, CountsTheCallsOfEachChainSinceItsStart) {
  ReplayBuffer buffer = buffer_of(options_with(ChainStart::noise, 10, 1.0));
  EXPECT_TRUE(buffer.draw(10, 0).calls.eq(0).all().item<bool>());
  EXPECT_TRUE(buffer.draw(10, 1).calls.eq(1).all().item<bool>());
  ReplayBuffer restarting = buffer_of(options_with(ChainStart::noise, 10, 0.0));
  (void)restarting.draw(10, 0);
  EXPECT_TRUE(restarting.draw(10, 1).calls.eq(0).all().item<bool>());
}

}  // namespace
}  // namespace cebm::chain_starts_test
