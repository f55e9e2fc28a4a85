// Several ranks train as one process does, bit for bit on the CPU.
#include <cebm/errors.h>

#include "contract/stripes.h"
#include "support/small_training.h"
#include "support/thread_ranks.h"

namespace cebm::ranks_training_test {
namespace {

using testing::HasSubstr;

/// Batches of 64, so that the 128 images whose gradients are added up are whole units for two ranks.
const std::vector<std::string> kSmall = {"train.steps=12",    "train.batch_size=64", "buffer.size=101",
                                         "train.log_every=5", "checkpoint.every=6",  "train.sample_every=6"};

/// 200 pictures of noise in four classes.
DatasetEntry labelled_noise() {
  return make_entry<StripesOptions, DatasetEntry>(
      "labelled", "noise with labels", "{}", [](const StripesOptions&, const DataContext& context) {
        const torch::Tensor images = uniform({200, 1, 12, 12}, {.seed = 3}, 0.0F, 256.0F).to(torch::kUInt8);
        return std::make_shared<Dataset>(Dataset{"labelled",
                                                 context.split,
                                                 images,
                                                 torch::arange(200, torch::kInt64).remainder(4),
                                                 {"a", "b", "c", "d"},
                                                 {}});
      });
}

class RanksTraining : public SmallTraining {
 protected:
  std::vector<std::string> with(const std::string& config, std::vector<std::string> more = {}) const {
    std::vector<std::string> all = kSmall;
    if (config.find("vae") != std::string::npos) std::erase(all, "buffer.size=101");
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  void train_with(int ranks, const std::string& config, const std::string& directory,
                  const std::vector<std::string>& overrides, bool resume = false, std::uint64_t stop_after = 0) const {
    const auto one = [&](const std::shared_ptr<Ranks>& mine) {
      Catalog catalog;
      catalog.datasets.add(labelled_noise());
      RunConfig settings(catalog);
      read_options(load_config(std::filesystem::path(CEBM_TEST_CONFIGS_DIR) / (config + ".yaml"), overrides), settings);
      TrainPlan plan{.directory = folder_ / directory, .data = {}, .resume = resume, .ranks = mine};
      plan.data.seed = static_cast<std::uint64_t>(settings.train.seed);
      std::uint64_t steps = 0;
      TrainCallbacks callbacks;
      // One of them is asked to stop.
      callbacks.should_stop = [&] { return ++steps == stop_after && mine->rank() == mine->size() - 1; };
      callbacks.on_message = [&](const std::string& text) {
        if (mine->leads()) messages_ += text + "\n";
      };
      train(settings, plan, callbacks);
    };
    if (ranks == 1) return one(single_rank());
    in_ranks(ranks, one);
  }

  /// Everything that a run has learned and recorded; how a checkpoint lies in files depends on the ranks.
  void expect_same(const std::string& found, const std::string& expected) const {
    for (const char* name : {"metrics.csv", "config.yaml", "samples/step_000000012.png"}) {
      EXPECT_EQ(contents(folder_ / found / name), contents(folder_ / expected / name)) << found << " " << name;
    }
    const Checkpoint a = load_checkpoint(folder_ / found / "checkpoints/step_000000012");
    const Checkpoint b = load_checkpoint(folder_ / expected / "checkpoints/step_000000012");
    for (const auto& [part, state] : b.parts) {
      EXPECT_EQ(a.part(part).values, state.values) << part;
      ASSERT_EQ(a.part(part).tensors.size(), state.tensors.size()) << part;
      for (const auto& [name, tensor] : state.tensors) {
        EXPECT_TRUE(a.part(part).tensors.at(name).equal(tensor)) << found << " " << part << "." << name;
      }
    }
  }
};

class EveryModel : public RanksTraining, public testing::WithParamInterface<const char*> {};

TEST_P(EveryModel, IsTrainedAsByOneProcess) {
  const auto overrides = with(GetParam());
  train_with(1, GetParam(), "one", overrides);
  for (const int ranks : {2, 3}) {
    if (ranks == 3 && std::string(GetParam()) != "cebmm") continue;
    // Two units are not enough for three ranks: then their sums round differently.
    const auto own = ranks == 2 ? overrides : with(GetParam(), {"train.batch_size=96"});
    const std::string name = std::to_string(ranks);
    if (ranks == 3) train_with(1, GetParam(), "one_of_3", own);
    train_with(ranks, GetParam(), name, own);
    expect_same(name, ranks == 2 ? "one" : "one_of_3");
  }
}

INSTANTIATE_TEST_SUITE_P(Models, EveryModel, testing::Values("cebm", "cebmm", "igebm", "vae", "gmm_vae"),
                         [](const auto& test) { return std::string(test.param); });

class EveryObjective : public RanksTraining, public testing::WithParamInterface<const char*> {};

TEST_P(EveryObjective, IsTrainedAsByOneProcess) {
  std::vector<std::string> overrides = with("cebmm", {std::string("objective=") + GetParam()});
  if (std::string(GetParam()).find("pcd") == std::string::npos) {
    std::erase(overrides, "buffer.size=101");
    overrides.push_back("sampler={}");
    overrides.push_back("buffer={}");
  }
  train_with(1, "cebmm", "one", overrides);
  train_with(2, "cebmm", "two", overrides);
  expect_same("two", "one");
}

INSTANTIATE_TEST_SUITE_P(Objectives, EveryObjective,
                         testing::Values("{name: pcd, trimmed: 0.1, data_augmentation: {probability: 0.5}}",
                                         "{name: sum, pcd: {weight: 1}, pair: {weight: 0.5, skip: 10}, dsm: {weight: "
                                         "0.25}}"),
                         [](const auto& test) { return "number_" + std::to_string(test.index); });

// Batches of 128: here only these images are shared, not chains as well.
TEST_F(RanksTraining, LabelsAreLearnedAsByOneProcess) {
  for (const std::string objective : {"labels", "jem"}) {
    std::vector<std::string> overrides = {"objective=" + objective, "data=labelled",       "train.steps=12",
                                          "train.batch_size=128",   "train.log_every=5",   "train.labels_per_class=10",
                                          "checkpoint.every=6",     "train.sample_every=6"};
    if (objective == "jem") overrides.push_back("buffer.size=150");
    train_with(1, "cebmm", objective + "_one", overrides);
    train_with(2, "cebmm", objective + "_two", overrides);
    expect_same(objective + "_two", objective + "_one");
  }
}

TEST_F(RanksTraining, AdaptedStepSizesRepeatBitForBit) {
  const auto overrides = with("cebm", {"sampler={name: mala, steps: 3}"});
  train_with(2, "cebm", "one", overrides);
  train_with(2, "cebm", "two", overrides);
  expect_same("two", "one");
}

TEST_F(RanksTraining, GoesOnExactlyWithAnyNumberOfRanks) {
  const auto overrides = with("cebm");
  train_with(1, "cebm", "one", overrides);
  train_with(2, "cebm", "two", overrides, /*resume=*/false, /*stop_after=*/7);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "two/checkpoints/step_000000012"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "two/checkpoints/step_000000007/objective.rank_1.safetensors"));
  std::filesystem::copy(folder_ / "two", folder_ / "other", std::filesystem::copy_options::recursive);
  train_with(2, "cebm", "two", overrides, /*resume=*/true);
  expect_same("two", "one");
  train_with(1, "cebm", "other", overrides, /*resume=*/true);
  EXPECT_THAT(messages_, HasSubstr("saved by 2 ranks and goes on with 1"));
  expect_same("other", "one");
}

TEST_F(RanksTraining, RollsBackTogether) {
  const std::vector<std::string> overrides = {"guard.policy=rollback", "train.batch_size=64", "buffer.size=70",
                                              "train.steps=60",        "data.count=400",      "guard.max_energy_gap=8"};
  train_with(1, "diverging", "one", overrides);
  train_with(2, "diverging", "two", overrides);
  EXPECT_EQ(contents(folder_ / "two/events.csv"), contents(folder_ / "one/events.csv"));
  EXPECT_THAT(contents(folder_ / "two/events.csv"), HasSubstr("rolled_back"));
  EXPECT_EQ(contents(folder_ / "two/metrics.csv"), contents(folder_ / "one/metrics.csv"));
}

TEST_F(RanksTraining, IsRefusedWhereABatchHasNoImageForEachRank) {
  EXPECT_THROW(train_with(3, "cebm", "run", with("cebm", {"train.batch_size=2"})), ConfigError);
}

}  // namespace
}  // namespace cebm::ranks_training_test
