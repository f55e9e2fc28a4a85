// When observers see a step: one step late, and at once where they read the attempt.
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/trainer.h>
#include <gmock/gmock.h>

#include "contract/rows.h"
#include "contract/stripes.h"
#include "runs/event_log.h"
#include "support/folder_test.h"

namespace cebm::late_look_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// What happened, in the order in which it happened.
using Diary = std::vector<std::string>;

/// An objective that changes nothing, keeps a diary, and fails when it is told to.
struct Script {
  Diary diary;
  std::uint64_t diverges_at = 0;  ///< number of the step (from 1) whose loss is infinite; 0: none
  std::uint64_t throws_at = 0;
};

class Scripted final : public Objective {
 public:
  explicit Scripted(Script& script) : script_(script) {}
  StepValues add_gradient(const Batch&, std::uint64_t step) override {
    script_.diary.push_back("makes " + std::to_string(step + 1));
    if (step + 1 == script_.throws_at) throw std::runtime_error("cannot be computed");
    return {{"loss", torch::tensor(step + 1 == script_.diverges_at ? INFINITY : 1.0)}};
  }
  NamedValues measure(std::uint64_t step) const override {
    script_.diary.push_back("row " + std::to_string(step + 1));
    return {};
  }
  torch::Tensor showcase(std::int64_t) const override {
    script_.diary.emplace_back("picture");
    return {};
  }
  void save(State&) const override { script_.diary.emplace_back("checkpoint"); }

 private:
  Script& script_;
};

struct ScriptedOptions final : ObjectiveOptions {
  void fields(Fields&) override {}
  std::vector<Metric> metrics() const override { return {{.name = "loss"}}; }
};

class LateLook : public FolderTest {
 protected:
  TrainOutcome run(const std::string& settings, std::uint64_t stop_after = 0) {
    Catalog toys;
    toys.datasets.add(stripes());
    toys.objectives.add(make_entry<ScriptedOptions, ObjectiveEntry>(
        "scripted", "", "{}",
        [this](const ScriptedOptions&, const ObjectiveContext&) { return std::make_shared<Scripted>(script_); }));
    RunConfig config(toys);
    read_options(parse_config("{data: stripes, model: {name: igebm, encoder: {name: cnn, channels: [4], kernels: [4], "
                              "strides: [2], paddings: [1]}}, objective: scripted, train: {steps: 6, batch_size: 8, "
                              "report_every: 0, " +
                              settings),
                 config);
    std::uint64_t asked = 0;
    TrainCallbacks callbacks;
    callbacks.should_stop = [&] { return ++asked == stop_after; };
    return train(config, {.directory = folder_ / "run", .data = {}}, callbacks);
  }

  Script script_;
};

TEST_F(LateLook, AFindingComesAfterTheNextStepAndNamesItsOwn) {
  script_.diverges_at = 3;
  const std::string message =
      message_of<NumericsError>([&] { run("log_every: 100, sample_every: 100}, checkpoint: {every: 100}}"); });
  EXPECT_THAT(message, HasSubstr("diverged at step 3: loss is inf"));
  EXPECT_THAT(script_.diary, ElementsAre("makes 1", "makes 2", "makes 3", "makes 4"));
  EXPECT_EQ(read_events(folder_ / "run/events.csv").at(1).at(0), "3");
}

TEST_F(LateLook, AStepThatFailsAfterADivergenceIsThatDivergence) {
  script_.diverges_at = 3;
  script_.throws_at = 4;
  const std::string message =
      message_of<NumericsError>([&] { run("log_every: 100, sample_every: 100}, checkpoint: {every: 100}}"); });
  EXPECT_THAT(message, HasSubstr("diverged at step 3: loss is inf"));
}

TEST_F(LateLook, AStepThatFailsForAnotherReasonSaysItsOwn) {
  script_.throws_at = 4;
  EXPECT_THROW(run("log_every: 100, sample_every: 100}, checkpoint: {every: 100}}"), std::runtime_error);
}

TEST_F(LateLook, RowsPicturesAndCheckpointsAreThoseOfTheirStep) {
  EXPECT_EQ(run("log_every: 2, sample_every: 3}, checkpoint: {every: 5}}"), TrainOutcome::finished);
  EXPECT_THAT(script_.diary, ElementsAre("makes 1", "makes 2", "row 2", "makes 3", "picture", "makes 4", "row 4",
                                         "makes 5", "checkpoint", "makes 6", "row 6", "picture", "checkpoint"));
}

TEST_F(LateLook, ADivergenceIsFoundBeforeTheCheckpointOfItsStepIsWritten) {
  script_.diverges_at = 5;
  EXPECT_THROW(run("log_every: 100, sample_every: 100}, checkpoint: {every: 5}}"), NumericsError);
  EXPECT_THAT(script_.diary, ElementsAre("makes 1", "makes 2", "makes 3", "makes 4", "makes 5"));
}

TEST_F(LateLook, AStopIsAtItsStep) {
  EXPECT_EQ(run("log_every: 100, sample_every: 100}, checkpoint: {every: 100}}", /*stop_after=*/3),
            TrainOutcome::stopped);
  EXPECT_THAT(script_.diary, ElementsAre("makes 1", "makes 2", "makes 3", "checkpoint"));
}

TEST_F(LateLook, ARollbackForgetsTheStepAfterTheDivergence) {
  script_.diverges_at = 3;
  EXPECT_THROW(run("log_every: 100, sample_every: 100}, checkpoint: {every: 100}, "
                   "guard: {policy: rollback, max_rollbacks: 1, margin: 1}}"),
               NumericsError);
  EXPECT_THAT(script_.diary, ElementsAre("checkpoint", "makes 1", "makes 2", "makes 3", "makes 4", "makes 1", "makes 2",
                                         "makes 3", "makes 4"));
}

}  // namespace
}  // namespace cebm::late_look_test
