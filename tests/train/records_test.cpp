#include <cebm/catalog.h>
#include <cebm/config.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/module_state.h>
#include <cebm/random.h>
#include <cebm/run.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "runs/metrics_log.h"
#include "train/resume.h"
#include "train/run_files.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;

/// A folder of the test's own, removed afterwards.
class Records : public testing::Test {
 protected:
  Records() {
    std::string pattern = (fs::temp_directory_path() / "cebm_records_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~Records() override { fs::remove_all(folder_); }
  fs::path file() const { return folder_ / "metrics.csv"; }

  fs::path folder_;
};

TEST_F(Records, OneWithoutACheckpointIsSetAsideUnderAFreeName) {
  EXPECT_FALSE(set_record_aside(folder_));
  for (const char* number : {"1", "2"}) {
    write_file_atomically(file(), number);
    const std::optional<fs::path> aside = set_record_aside(folder_);
    ASSERT_TRUE(aside);
    EXPECT_EQ(*aside, folder_ / (std::string("metrics.before_") + number + ".csv"));
    EXPECT_EQ(read_file(*aside), number);
    EXPECT_FALSE(fs::exists(file()));
  }
}

TEST_F(Records, AConfigurationMayComeThroughAPipe) {
  const std::string pipe = (folder_ / "pipe").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(find_config(pipe), pipe);
}

TEST_F(Records, RowsComeBackAsWrittenToTheLastBit) {
  MetricsLog log(file(), {"a", "b"}, {});
  log.append(10, {0.1, -1.0 / 3.0});
  log.append(20, {1e-300, std::nan("")});
  EXPECT_TRUE(read_file(file()).starts_with("step,a,b\n10,0.1,-0.3333333333333333")) << "on disk at once";
  const MetricsTable table = read_metrics(file());
  EXPECT_EQ(table.columns, (std::vector<std::string>{"step", "a", "b"}));
  EXPECT_EQ(table.column("step"), (std::vector<double>{10, 20}));
  EXPECT_EQ(table.column("a"), (std::vector<double>{0.1, 1e-300}));
  EXPECT_EQ(table.column("b")[0], -1.0 / 3.0);
  EXPECT_TRUE(std::isnan(table.column("b")[1]));
  EXPECT_THROW(table.column("c"), IoError);
}

TEST_F(Records, ResumingDropsTheRowsAfterTheCheckpoint) {
  {
    MetricsLog log(file(), {"a"}, {});
    for (const std::uint64_t step : {9, 50, 100, 150}) log.append(step, {1.0});
  }
  MetricsLog resumed(file(), {"a"}, {.step = 100});
  resumed.append(150, {2.0});
  EXPECT_EQ(read_file(file()), "step,a\n9,1\n50,1\n100,1\n150,2\n");
}

TEST_F(Records, ResumingDropsRowsBeyondTheNumberThatTheCheckpointKnows) {
  write_file_atomically(file(), "step,a\n50,1\n100,1\n120,1\n");
  MetricsLog resumed(file(), {"a"}, {.step = 120, .rows = 2});
  EXPECT_EQ(resumed.rows(), 2U);
  resumed.append(150, {2.0});
  EXPECT_EQ(resumed.rows(), 3U);
  EXPECT_EQ(read_file(file()), "step,a\n50,1\n100,1\n150,2\n");
}

TEST_F(Records, ResumingDropsARowThatWasCutShort) {
  // The row of step 150 broke off after one digit: it must not pass for step 1.
  write_file_atomically(file(), "step,a\n50,1\n100,1\n1");
  MetricsLog resumed(file(), {"a"}, {.step = 100});
  resumed.append(150, {2.0});
  EXPECT_EQ(read_file(file()), "step,a\n50,1\n100,1\n150,2\n");
}

TEST_F(Records, AFreshLogForgetsAnOlderFile) {
  write_file_atomically(file(), "step,a\n50,1\n");
  const MetricsLog log(file(), {"a"}, {});
  EXPECT_EQ(read_file(file()), "step,a\n");
}

TEST_F(Records, ResumingWithOtherColumnsIsRefusedAndLeavesTheFile) {
  write_file_atomically(file(), "step,a\n50,1\n");
  EXPECT_THROW(MetricsLog(file(), {"a", "b"}, {.step = 50}), CheckpointError);
  EXPECT_EQ(read_file(file()), "step,a\n50,1\n");
}

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

/// Two layers and a buffer under one roof.
struct Parent : torch::nn::Module {
  struct Child : torch::nn::Module {
    torch::Tensor weight = register_parameter("weight", normal({2, 3}, {.seed = 1}));
    torch::Tensor fixed = register_buffer("fixed", normal({4}, {.seed = 2}));
  };
  std::shared_ptr<Child> child = register_module("child", std::make_shared<Child>());
};

TEST(ModuleState, HoldsParametersAndBuffersAsCopies) {
  const Parent parent;
  const State state = module_state(parent);
  ASSERT_EQ(state.tensors.size(), 2U);
  EXPECT_TRUE(state.tensors.at("child.weight").equal(parent.child->weight));
  EXPECT_TRUE(state.tensors.at("child.fixed").equal(parent.child->fixed));
  const torch::Tensor before = state.tensors.at("child.weight").clone();
  parent.child->weight.detach().zero_();
  EXPECT_TRUE(state.tensors.at("child.weight").equal(before));
  EXPECT_EQ(named_parameters(parent).size(), 1U);
}

TEST(ModuleState, LoadsIntoTheModulesOwnTensors) {
  const Parent from;
  Parent to;
  const torch::Tensor weight = to.child->weight;
  weight.detach().zero_();
  to.child->fixed.zero_();
  load_module_state(to, module_state(from));
  EXPECT_TRUE(weight.equal(from.child->weight));
  EXPECT_TRUE(weight.requires_grad());
  EXPECT_TRUE(to.child->fixed.equal(from.child->fixed));
}

TEST(ModuleState, RefusesMissingTensorsAndOtherShapes) {
  Parent parent;
  State state = module_state(parent);
  state.tensors["child.fixed"] = torch::zeros({5});
  EXPECT_THROW(load_module_state(parent, state), CheckpointError);
  state.tensors.erase("child.fixed");
  EXPECT_THROW(load_module_state(parent, state), CheckpointError);
}

}  // namespace
}  // namespace cebm
