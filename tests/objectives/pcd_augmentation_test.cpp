// What PCD does to images before it compares them: augmentations of data and of chains, each for itself.
#include <cebm/catalog.h>
#include <cebm/errors.h>
#include <gtest/gtest.h>

#include "contract/rows.h"
#include "models/build_models.h"
#include "support/numeric.h"

namespace cebm::pcd_augmentation_test {
namespace {

constexpr ImageShape kImage{1, 12, 10};

/// With chains that stay where they are, four of them.
PcdOptions resting() {
  PcdOptions options(catalog());
  read_options(parse_config("{steps: 1, alpha: 1.0e-12, noise: fixed, noise_std: 0}"), options.chains.options());
  options.buffer.size = 4;
  options.buffer.reuse_probability = 1.0;
  return options;
}

AugmentationOptions always() {
  AugmentationOptions options;
  options.noise_std = 0.0;
  return options;
}

struct Stepped {
  explicit Stepped(const PcdOptions& options) {
    const auto objective = make_pcd(options, ObjectiveContext{.model = model, .seed = 3, .batch_size = 4});
    start = objective->showcase(4);
    for (const auto& [name, value] : objective->add_gradient(batch, 0)) {
      if (name == "energy_data") energy_data = value;
    }
    end = objective->showcase(4);
  }
  std::shared_ptr<Cebm> model = sharp_model(Head::gaussian, kImage);
  Batch batch = unlabelled(test_images(4, kImage));
  torch::Tensor start, end, energy_data;
};

TEST(PcdAugmentation, OfChainsMovesThemBeforeTheSamplerDoes) {
  EXPECT_LT(relative_error(Stepped(resting()).end, Stepped(resting()).start), 1e-6);
  PcdOptions options = resting();
  options.chain_augmentation = always();
  const Stepped found(options);
  const torch::Tensor expected = augmented(found.start, torch::arange(4), always(), {3, Stream::chain_augmentation, 0});
  EXPECT_LT(relative_error(found.end, expected), 1e-6);
  EXPECT_GT((found.end - found.start).abs().mean().item<double>(), 0.1);
}

TEST(PcdAugmentation, OfDataChangesTheImagesWhoseLikelihoodIsLearned) {
  PcdOptions options = resting();
  options.data_augmentation = always();
  const Stepped found(options);
  const torch::Tensor changed = augmented(found.batch.images, found.batch.ids, always(), {3, Stream::augmentation, 0});
  EXPECT_LT(relative_error(found.energy_data, found.model->energy(changed).mean()), 1e-4);
  EXPECT_GT(relative_error(found.energy_data, found.model->energy(found.batch.images).mean()), 1e-3);
  EXPECT_LT(relative_error(found.end, found.start), 1e-6) << "chains are left alone";
}

TEST(PcdAugmentation, OfDataLeavesTheNoiseOnImagesAsItIs) {
  PcdOptions options = resting();
  options.data_augmentation = always();
  Batch batch = unlabelled(test_images(4, kImage));
  const torch::Tensor noise = 0.5 * normal(batch.clean.sizes(), {.seed = 8});
  batch.images = batch.clean + noise;
  const auto model = sharp_model(Head::gaussian, kImage);
  const auto objective = make_pcd(options, ObjectiveContext{.model = model, .seed = 3, .batch_size = 4});
  torch::Tensor found;
  for (const auto& [name, value] : objective->add_gradient(batch, 0)) {
    if (name == "energy_data") found = value;
  }
  const torch::Tensor changed = augmented(batch.clean, batch.ids, always(), {3, Stream::augmentation, 0});
  EXPECT_LT(relative_error(found, model->energy(changed + noise).mean()), 1e-4);
  EXPECT_LT(changed.abs().max().item<double>(), 1.0 + 1e-6);
}

TEST(PcdAugmentation, RefusesRangesTheWrongWayRound) {
  PcdOptions options = resting();
  options.chain_augmentation.crop_scale_min = 3.0;
  EXPECT_THROW(Stepped{options}, ConfigError);
}

}  // namespace
}  // namespace cebm::pcd_augmentation_test
