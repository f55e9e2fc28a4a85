// Augmentations: what they do to an image, and that it depends on the image's identity alone.
#include <ATen/Parallel.h>
#include <cebm/augmentation.h>
#include <cebm/errors.h>
#include <gtest/gtest.h>

#include "core/image_change.h"

namespace cebm::augmentation_test {
namespace {

constexpr RandomKey kKey{.seed = 3, .stream = Stream::pair_view, .step = 7};

/// With every part switched off.
AugmentationOptions nothing() {
  AugmentationOptions options;
  options.crop_scale_min = options.crop_scale_max = 1.0;
  options.aspect = 1.0;
  options.rotation = 0.0;
  options.flip_probability = 0.0;
  options.intensity_min = options.intensity_max = 1.0;
  options.noise_std = 0.0;
  return options;
}

AugmentationOptions everything() {
  AugmentationOptions options;
  options.rotation = 30.0;
  options.color = 1.4;
  options.brightness = 0.2;
  options.noise_std = 0.1;
  return options;
}

torch::Tensor pictures(std::int64_t count) { return uniform({count, 3, 9, 12}, {.seed = 5}, -1.0F, 1.0F); }

torch::Tensor ids(std::int64_t count) { return torch::arange(100, 100 + count, torch::kInt64); }

/// Grows by 2 / width from column to column.
torch::Tensor ramp(std::int64_t count) {
  const torch::Tensor line = torch::linspace(-1.0, 1.0, 41);
  return line.view({1, 1, 1, 41}).expand({count, 1, 41, 41}).contiguous(torch::MemoryFormat::ChannelsLast);
}

TEST(Augmentation, WithAllPartsOffIsTheImageToTheBit) {
  const torch::Tensor x = pictures(4) * 3.0;
  EXPECT_TRUE(augmented(x, ids(4), nothing(), kKey).equal(x));
}

TEST(Augmentation, OfAnImageDependsOnItsIdAloneAndNotOnTheBatchOrTheThreads) {
  const torch::Tensor x = pictures(40);
  const torch::Tensor all = augmented(x, ids(40), everything(), kKey);
  EXPECT_FALSE(all.equal(x));
  const torch::Tensor chosen = torch::tensor({31, 7}, torch::kInt64);
  const int threads = at::get_num_threads();
  at::set_num_threads(3);
  const torch::Tensor some = augmented(x.index_select(0, chosen), ids(40).index_select(0, chosen), everything(), kKey);
  at::set_num_threads(threads);
  EXPECT_TRUE(some.equal(all.index_select(0, chosen)));
  const RandomKey next{.seed = 3, .stream = Stream::pair_view, .step = 8};
  EXPECT_FALSE(augmented(x, ids(40), everything(), next).equal(all));
}

TEST(Augmentation, ByLoopsAndByTensorsIsTheSame) {
  const torch::Tensor x = pictures(30).contiguous(torch::MemoryFormat::ChannelsLast);
  const auto changes = draw_changes(ids(30), {3, 9, 12}, everything(), kKey);
  const torch::Tensor loops = change_by_loops(x, changes);
  const torch::Tensor tensors = change_by_tensors(x, changes);
  EXPECT_LT((loops - tensors).abs().max().item<double>(), 2e-5);
  EXPECT_GT((loops - x).abs().mean().item<double>(), 0.1);
}

TEST(Augmentation, AFlipIsTheMirrorImage) {
  AugmentationOptions options = nothing();
  options.flip_probability = 1.0;
  const torch::Tensor x = pictures(3);
  EXPECT_LT((augmented(x, ids(3), options, kKey) - x.flip(3)).abs().max().item<double>(), 1e-5);
}

TEST(Augmentation, AQuarterTurnTurnsASquare) {
  const torch::Tensor x = uniform({1, 1, 8, 8}, {.seed = 5}, -1.0F, 1.0F).contiguous(torch::MemoryFormat::ChannelsLast);
  ImageChange turn{.xc = 0.0F, .xr = -1.0F, .x0 = 8.0F, .yc = 1.0F, .yr = 0.0F, .y0 = 0.0F};
  turn.shades.resize(1);
  turn.bound = 10.0F;
  EXPECT_LT((change_by_loops(x, {turn}) - x.rot90(1, {2, 3})).abs().max().item<double>(), 1e-6);
}

TEST(Augmentation, ACropShowsAPartOfItsSize) {
  AugmentationOptions options = nothing();
  options.crop_scale_min = options.crop_scale_max = 0.25;
  const torch::Tensor x = augmented(ramp(200), ids(200), options, kKey);
  const torch::Tensor shown = x.select(3, 30) - x.select(3, 10);  // half of the 2 over 40 columns
  EXPECT_LT((shown - 0.5).abs().max().item<double>(), 1e-4);
  // Anywhere: the middle of the part is uniform over the half that it can be in.
  const torch::Tensor middle = x.select(3, 20).flatten(1).mean(1);
  EXPECT_NEAR(middle.mean().item<double>(), 0.0, 5 * 0.5 / std::sqrt(3.0 * 200.0));
  EXPECT_GT(middle.max().item<double>(), 0.45);
  EXPECT_LE(middle.abs().max().item<double>(), 0.52);
}

TEST(Augmentation, TheIntensityIsAFactorOfTheDistanceFromBlackWithinTheRange) {
  AugmentationOptions options = nothing();
  options.intensity_min = options.intensity_max = 1.5;
  const torch::Tensor x = torch::tensor({-1.0F, -0.5F, 0.0F, 1.0F}).view({1, 1, 1, 4});
  const torch::Tensor expected = torch::tensor({-1.0F, -0.25F, 0.5F, 1.0F}).view({1, 1, 1, 4});
  EXPECT_LT((augmented(x, ids(1), options, kKey) - expected).abs().max().item<double>(), 1e-6);
}

TEST(Augmentation, TheColorIsAFactorOfEachChannelByItselfEitherWay) {
  AugmentationOptions options = nothing();
  options.color = 1.6;
  const torch::Tensor x = torch::full({2000, 3, 2, 2}, -0.5F);
  const torch::Tensor changed = augmented(x, ids(2000), options, kKey);
  EXPECT_TRUE(changed.amax({2, 3}).equal(changed.amin({2, 3})));
  const double most = std::log(1.6);
  const torch::Tensor factor = ((changed.select(3, 0).select(2, 0) + 1.0) / 0.5).log().to(torch::kDouble) / most;
  EXPECT_LE(factor.abs().max().item<double>(), 1.0 + 1e-6);
  EXPECT_GT(factor.abs().max().item<double>(), 0.99);
  const double bound = 5.0 / std::sqrt(2000.0);
  const torch::Tensor moments = factor.t().mm(factor) / 2000.0;  // of uniform numbers in [-1, 1]: 1/3 and 0
  EXPECT_LT((moments - torch::eye(3, torch::kDouble) / 3.0).abs().max().item<double>(), bound / 3.0);
  EXPECT_LT(factor.mean(0).abs().max().item<double>(), bound / std::sqrt(3.0));
}

TEST(Augmentation, TheNoiseHasItsDeviationAndIsNotClamped) {
  AugmentationOptions options = nothing();
  options.noise_std = 0.5;
  const torch::Tensor x = torch::ones({100, 1, 12, 12});
  const torch::Tensor noise = augmented(x, ids(100), options, kKey) - 1.0;
  EXPECT_NEAR(noise.std().item<double>(), 0.5, 0.01);
  EXPECT_NEAR(noise.mean().item<double>(), 0.0, 0.02);
}

TEST(Augmentation, ChangesTheShareOfImagesThatItsProbabilitySays) {
  AugmentationOptions options = everything();
  options.probability = 0.3;
  const torch::Tensor x = pictures(1000) * 2.0;
  const torch::Tensor same = augmented(x, ids(1000), options, kKey).eq(x).flatten(1).all(1);
  EXPECT_NEAR(same.to(torch::kDouble).mean().item<double>(), 0.7, 5 * std::sqrt(0.21 / 1000));
}

TEST(Augmentation, RefusesRangesTheWrongWayRound) {
  AugmentationOptions options;
  EXPECT_NO_THROW(options.require_ranges("views"));
  options.crop_scale_min = 1.2;
  EXPECT_THROW(options.require_ranges("views"), ConfigError);
  options = {};
  options.intensity_max = 0.1;
  EXPECT_THROW(options.require_ranges("views"), ConfigError);
}

}  // namespace
}  // namespace cebm::augmentation_test
