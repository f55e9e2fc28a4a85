#include <cebm/catalog.h>
#include <cebm/config.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/random.h>
#include <cebm/run.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "train/metrics_log.h"
#include "train/resume.h"

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

 private:
  fs::path folder_;
};

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

const char* const run_config =
    "{train: {steps: 100, seed: 1, log_every: 10}, checkpoint: {every: 5}, "
    "model: {name: cebm, encoder: {channels: [1, 2]}}}";

/// Changes when `override_` "old => new" is made in the text; harmless ones in brackets.
std::vector<std::string> changes_with(const std::string& override_) {
  std::string changed = run_config;
  const auto at = override_.find(" => ");
  const auto found = changed.find(override_.substr(0, at));
  changed.replace(found, at, override_.substr(at + 4));
  std::vector<std::string> texts;
  for (const ConfigChange& change : config_changes(run_config, changed)) {
    texts.push_back(change.harmless ? "(" + change.describe() + ")" : change.describe());
  }
  return texts;
}

TEST(ConfigChanges, NameOldAndNewValueOfWhatMakesAnotherExperiment) {
  EXPECT_EQ(changes_with("seed: 1 => seed: 2"), (std::vector<std::string>{"train.seed: 1 -> 2"}));
  EXPECT_EQ(changes_with("channels: [1, 2] => channels: [1, 3]"),
            (std::vector<std::string>{"model.encoder.channels: [1, 2] -> [1, 3]"}));
  EXPECT_EQ(changes_with("channels: [1, 2] => kernels: [1, 2]"),
            (std::vector<std::string>{"model.encoder.channels: [1, 2] -> (absent)",
                                      "model.encoder.kernels: (absent) -> [1, 2]"}));
}

TEST(ConfigChanges, LengthCheckpointingAndLoggingAreHarmless) {
  EXPECT_TRUE(config_changes(run_config, run_config).empty());
  EXPECT_EQ(changes_with("steps: 100 => steps: 200"), (std::vector<std::string>{"(train.steps: 100 -> 200)"}));
  EXPECT_EQ(changes_with("every: 5 => every: 50"), (std::vector<std::string>{"(checkpoint.every: 5 -> 50)"}));
  EXPECT_EQ(changes_with("log_every: 10 => log_every: 20"), (std::vector<std::string>{"(train.log_every: 10 -> 20)"}));
}

TEST(ConfigChanges, EveryHarmlessSettingExists) {
  const Catalog catalog;
  const auto docs = document_options(RunConfig(catalog));
  for (const HarmlessSetting& setting : harmless_settings()) {
    std::string key = setting.key;
    if (key.ends_with('.')) key.pop_back();
    EXPECT_EQ(std::ranges::count(docs, key, &FieldDoc::key), 1) << key;
  }
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
