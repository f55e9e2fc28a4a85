// Every objective and every bias through the training loop: a run that was stopped and resumed equals one that was not,
// with few labels where it learns some.
#include <cebm/files.h>
#include <cebm/trainer.h>
#include <gtest/gtest.h>

#include "contract/rows.h"
#include "contract/stripes.h"
#include "runs/metrics_log.h"
#include "support/folder_test.h"

namespace cebm::objectives_training_test {
namespace {

const Catalog& toys() {
  static const Catalog extended = [] {
    Catalog copy = catalog();
    copy.datasets.add(stripes());
    return copy;
  }();
  return extended;
}

std::string inside(const std::string& example) {
  if (example.starts_with('{')) return example == "{}" ? "" : ", " + example.substr(1, example.size() - 2);
  return ", " + example;
}

/// The row's example on stripes, with the first example model that it takes.
std::string yaml_of(const std::string& objective) {
  const ObjectiveEntry& row = toys().objectives.find(objective);
  const auto options = example_options(row);
  auto& settings = dynamic_cast<ObjectiveOptions&>(*options);
  std::string model;
  for (const ModelEntry& candidate : toys().models.rows()) {
    try {
      (void)row.build(*options, ObjectiveContext{.model = example_model(candidate.name), .batch_size = 8});
      model = "{name: " + candidate.name + inside(candidate.example) + "}";
      break;
    } catch (const ConfigError&) {
      continue;
    }
  }
  return "{data: stripes, model: " + model + ", objective: {name: " + objective + inside(row.example) + "}" +
         (settings.has_sampler() ? ", sampler: {steps: 2}, buffer: {size: 16}" : "") +
         ", train: {steps: 6, batch_size: 8, log_every: 2, sample_every: 6, ema_decay: 0.9" +
         (settings.uses_labels() ? ", labels_per_class: 5" : "") + "}, checkpoint: {every: 3, keep_last: 0}}";
}

/// A conjugate EBM whose bias is the row's example, trained with it.
std::string yaml_of_bias(const std::string& bias) {
  const BiasEntry& row = toys().biases.find(bias);
  return "{data: stripes, model: {name: cebm, latent_dim: 6, bias: {name: " + bias + inside(row.example) +
         "}, encoder: {name: cnn, channels: [4], kernels: [4], strides: [2], paddings: [1]}}, "
         "sampler: {steps: 2}, buffer: {size: 16}, train: {steps: 6, batch_size: 8, log_every: 2, sample_every: 6, "
         "ema_decay: 0.9}, checkpoint: {every: 3, keep_last: 0}}";
}

struct Training {
  std::string name;
  std::string (*yaml)(const std::string& name);
};

std::vector<Training> every_training() {
  std::vector<Training> all;
  for (const std::string& objective : row_names(catalog().objectives)) all.push_back({objective, yaml_of});
  for (const std::string& bias : row_names(catalog().biases)) all.push_back({bias, yaml_of_bias});
  return all;
}

std::string test_name_of(const Training& training) {
  return without_dashes(training.name) + (training.yaml == yaml_of ? "" : "_bias");
}

class TrainingOf : public FolderTest, public testing::WithParamInterface<Training> {
 protected:
  TrainOutcome run(const std::string& name, bool resume, std::uint64_t stop_at = 0) const {
    const ConfigNode node = parse_config(GetParam().yaml(GetParam().name));
    RunConfig config(toys());
    read_options(node, config);
    EXPECT_TRUE(unused_settings(node, config).empty());
    std::uint64_t step = 0;
    TrainCallbacks callbacks;
    callbacks.should_stop = [&] { return ++step == stop_at; };
    return train(config, {.directory = folder_ / name, .data = {}, .resume = resume}, callbacks);
  }

  Checkpoint last(const std::string& name) const {
    return load_checkpoint(list_checkpoints(folder_ / name / "checkpoints").back());
  }
};

TEST_P(TrainingOf, StoppedAndResumedIsAsIfItHadGoneOn) {
  EXPECT_EQ(run("straight", false), TrainOutcome::finished);
  EXPECT_EQ(run("resumed", false, 4), TrainOutcome::stopped);
  EXPECT_EQ(run("resumed", true), TrainOutcome::finished);
  const Checkpoint found = last("resumed");
  const Checkpoint expected = last("straight");
  ASSERT_EQ(found.step, expected.step);
  for (const auto& [part, state] : expected.parts) {
    EXPECT_EQ(found.part(part).values, state.values) << part;
    ASSERT_EQ(found.part(part).tensors.size(), state.tensors.size()) << part;
    for (const auto& [name, tensor] : state.tensors) {
      EXPECT_TRUE(found.part(part).tensors.at(name).equal(tensor)) << part << " " << name;
    }
  }
  EXPECT_EQ(contents(folder_ / "resumed/metrics.csv"), contents(folder_ / "straight/metrics.csv"));
}

INSTANTIATE_TEST_SUITE_P(Objectives, TrainingOf, testing::ValuesIn(every_training()),
                         [](const auto& which) { return test_name_of(which.param); });

TEST(FewLabels, AreWhatTheTrainingSees) {
  RunConfig config(toys());
  read_options(parse_config(yaml_of("labels")), config);
  std::string pattern = (std::filesystem::temp_directory_path() / "cebm_few_labels_XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(pattern.data());
  train(config, {.directory = folder / "run", .data = {}});
  const MetricsTable metrics = read_metrics(folder / "run/metrics.csv");
  double seen = 0.0;
  for (const double share : metrics.column("labelled")) seen += share / 3.0;
  // 10 of 24 images have a label, and 6 batches of 8 are two epochs.
  EXPECT_NEAR(seen, 10.0 / 24.0, 1e-4);
  std::filesystem::remove_all(folder);
}

TEST(FewLabels, AreRefusedOfASetThatHasNone) {
  RunConfig config(toys());
  ConfigNode node = parse_config(yaml_of("labels"));
  apply_overrides(node, {"data={name: noise, count: 10, size: 12}"});
  read_options(node, config);
  std::string pattern = (std::filesystem::temp_directory_path() / "cebm_no_labels_XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(pattern.data());
  EXPECT_THROW(train(config, {.directory = folder / "run", .data = {}}), DataError);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace cebm::objectives_training_test
