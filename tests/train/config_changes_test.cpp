#include <cebm/catalog.h>
#include <cebm/config.h>
#include <cebm/run.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "train/resume.h"

namespace cebm {
namespace {

using testing::HasSubstr;

/// What has changed once each override "key=value" is set in a run's configuration; harmless changes in brackets.
std::vector<std::string> changes_with(const std::vector<std::string>& overrides) {
  const Catalog catalog;
  RunConfig before(catalog);
  RunConfig after(catalog);
  ConfigNode node = parse_config("data: {name: image-folder, path: pics}");
  read_options(node, before);
  apply_overrides(node, overrides);
  read_options(node, after);
  std::vector<std::string> texts;
  for (const ConfigChange& change : config_changes(before, after)) {
    texts.push_back(change.harmless ? "(" + change.describe() + ")" : change.describe());
  }
  return texts;
}

TEST(ConfigChanges, NameOldAndNewValueOfWhatMakesAnotherExperiment) {
  EXPECT_EQ(changes_with({"train.seed=2"}), (std::vector<std::string>{"train.seed: 1 -> 2"}));
  EXPECT_EQ(changes_with({"model.encoder.channels=[1, 3, 5, 7]"}),
            (std::vector<std::string>{"model.encoder.channels: [32, 32, 64, 64] -> [1, 3, 5, 7]"}));
  EXPECT_EQ(changes_with({"model.bias=gaussian_mixture", "data.limit=3"}).at(0), "data.limit: 0 -> 3");
  EXPECT_EQ(changes_with({"data=mnist"}).at(0), "data.cache: true -> (absent)");
}

TEST(ConfigChanges, LengthCheckpointingLoggingAndWhereDataLieAreHarmless) {
  EXPECT_TRUE(changes_with({}).empty());
  EXPECT_EQ(changes_with({"train.steps=200"}), (std::vector<std::string>{"(train.steps: 90000 -> 200)"}));
  EXPECT_EQ(changes_with({"checkpoint.every=50"}), (std::vector<std::string>{"(checkpoint.every: 1000 -> 50)"}));
  EXPECT_EQ(changes_with({"data.path=elsewhere", "data.cache=false"}),
            (std::vector<std::string>{"(data.cache: true -> false)", "(data.path: pics -> elsewhere)"}));
}

/// What is said about going on with another length.
std::string said_of_a_longer_run(const std::string& yaml) {
  const Catalog catalog;
  RunConfig before(catalog);
  RunConfig after(catalog);
  ConfigNode node = parse_config(yaml);
  read_options(node, before);
  apply_overrides(node, {"train.steps=100000"});
  read_options(node, after);
  std::string said;
  require_same_experiment(dump_options(before), after, {"run", false, [&](const std::string& text) { said += text; }});
  return said;
}

TEST(ConfigChanges, AnotherLengthNamesWhatEndsWithTheTraining) {
  EXPECT_THAT(
      said_of_a_longer_run("train: {optimizer: {decay: {kind: cosine}}}"),
      HasSubstr("warning: train.steps: 90000 -> 100000 changes the course of what ends with the training's last "
                "step (train.optimizer.decay.end)"));
  EXPECT_THAT(
      said_of_a_longer_run("sampler: {alpha_over_training: {kind: linear}, steps_over_training: {kind: cosine}}"),
      HasSubstr("(sampler.alpha_over_training.end, sampler.steps_over_training.end)"));
  EXPECT_THAT(said_of_a_longer_run("{model: bigan, objective: bigan}"), HasSubstr("(objective.image_noise_std)"));
}

TEST(ConfigChanges, AnotherLengthIsNoChangeWhereEverythingHasItsOwnEnd) {
  for (const char* yaml : {"{}", "train: {optimizer: {decay: {kind: cosine, end: 50000}}}",
                           "train: {optimizer: {decay: {kind: steps, at: [50000]}}}",
                           "{model: bigan, objective: {name: bigan, image_noise_std: 0}}"}) {
    EXPECT_EQ(said_of_a_longer_run(yaml), "changed: train.steps: 90000 -> 100000") << yaml;
  }
}

/// A setting that is added to this list by mistake lets a run go on as another experiment.
TEST(ConfigChanges, TheseAndNoOthersAreHarmless) {
  const Catalog catalog;
  RunConfig config(catalog);
  std::set<std::string> keys;
  for (const auto& row : catalog.datasets.rows()) {
    config.data.select(row.name);
    keys.merge(harmless_keys(config));
  }
  EXPECT_EQ(keys, (std::set<std::string>{"checkpoint.every",
                                         "checkpoint.keep_every",
                                         "checkpoint.keep_last",
                                         "checkpoint.on_failure",
                                         "data.cache",
                                         "data.path",
                                         "guard.drift_window",
                                         "guard.margin",
                                         "guard.max_buffer_dead",
                                         "guard.max_chain_rms",
                                         "guard.max_energy_gap",
                                         "guard.max_gap_drift",
                                         "guard.max_gap_of_bound",
                                         "guard.max_gradient_norm",
                                         "guard.max_pixels_saturated",
                                         "guard.max_rollbacks",
                                         "guard.policy",
                                         "train.log_every",
                                         "train.max_energy",
                                         "train.max_hours",
                                         "train.report_every",
                                         "train.sample_count",
                                         "train.sample_every",
                                         "train.steps",
                                         "train.tensorboard"}));
}

}  // namespace
}  // namespace cebm
