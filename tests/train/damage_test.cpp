// Checkpoints that were damaged on disk, and disks that refuse to be written.
#include <cebm/errors.h>

#include "runs/metrics_log.h"
#include "support/file_size_limit.h"
#include "support/small_training.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Damage : public SmallTraining {
 protected:
  void SetUp() override {
    SmallTraining::SetUp();
    run("cebm", "straight", kShort, {});
    run("cebm", "half", kShort, {.stop_after = 16});
  }
  const std::vector<std::string> kShort{"train.steps=24", "checkpoint.every=8"};
};

TEST_F(Damage, OfAnyFileIsNoticedNamedAndThePreviousCheckpointUsed) {
  const std::string newest = "checkpoints/step_000000016";
  for (const std::string& file : names_in(folder_ / "half" / newest)) {
    for (const char* damage : {"flipped", "truncated", "removed"}) {
      fs::remove_all(folder_ / "run");
      fs::copy(folder_ / "half", folder_ / "run", fs::copy_options::recursive | fs::copy_options::copy_symlinks);
      const fs::path victim = folder_ / "run" / newest / file;
      std::string bytes = contents(victim);
      fs::remove(victim);
      if (damage == std::string("flipped")) bytes[bytes.size() / 2] ^= 1;
      if (damage == std::string("truncated")) bytes.resize(bytes.size() / 2);
      if (damage != std::string("removed")) write("run/" + newest + "/" + file, bytes);
      const bool to_the_end = file == "objective.safetensors";
      run("cebm", "run", kShort, {.resume = true, .stop_after = to_the_end ? 0U : 1U});
      EXPECT_THAT(messages_, AllOf(HasSubstr("skipped checkpoint"), HasSubstr(newest), HasSubstr("resumed at step 8")));
      // A manifest that was changed in the middle has become wrong about another file.
      if (file != "manifest.json" || damage != std::string("flipped")) {
        EXPECT_THAT(messages_, HasSubstr(newest + "/" + file)) << damage;
      }
      EXPECT_TRUE(fs::exists(folder_ / "run" / (newest + ".damaged"))) << "kept for whoever wants to look at it";
      fs::remove_all(folder_ / "run" / (newest + ".damaged"));
      if (to_the_end) expect_equal_runs("run", "straight");
    }
  }
}

TEST_F(Damage, OfAllCheckpointsIsAnErrorNotAStartFromNothing) {
  const std::string metrics = contents(folder_ / "half/metrics.csv");
  for (const auto& folder : list_checkpoints(folder_ / "half/checkpoints")) fs::remove(folder / "state.json");
  EXPECT_THAT(message_of<CheckpointError>([&] { run("cebm", "half", kShort, {.resume = true}); }),
              AllOf(HasSubstr("no checkpoint is whole"), HasSubstr("state.json")));
  EXPECT_EQ(contents(folder_ / "half/metrics.csv"), metrics);
}

TEST_F(Damage, OfTheMetricsIsSaid) {
  std::string metrics = contents(folder_ / "half/metrics.csv");
  metrics.resize(metrics.rfind('\n', metrics.size() - 2) + 1);
  write("half/metrics.csv", metrics);
  EXPECT_THAT(run("cebm", "half", kShort, {.resume = true}).messages,
              AllOf(HasSubstr("metrics.csv"), HasSubstr("expected 2 rows up to step 16, found 1")));
}

TEST_F(Damage, ALongerRunGoesOnAsIfItHadAlwaysBeenMeantToBeLonger) {
  run("cebm", "run", {"train.steps=16", "checkpoint.every=8"}, {});
  run("cebm", "run", kShort, {.resume = true});
  const std::string last = "checkpoints/step_000000024";
  for (const std::string& file : names_in(folder_ / "straight" / last)) {
    EXPECT_TRUE(contents(folder_ / "run" / last / file) == contents(folder_ / "straight" / last / file)) << file;
  }
  EXPECT_EQ(contents(folder_ / "run/metrics.csv"), contents(folder_ / "straight/metrics.csv"));
}

TEST_F(Damage, ALongerRunLosesTheGridThatWasDrawnForTheLastStepAlone) {
  const auto grids = [&] { return names_in(folder_ / "run/samples"); };
  run("cebm", "run", {"train.steps=14"}, {});
  EXPECT_THAT(grids(), testing::UnorderedElementsAre("data.png", "step_000000014.png"));
  run("cebm", "run", {"train.steps=28"}, {.resume = true});
  EXPECT_THAT(grids(), testing::UnorderedElementsAre("data.png", "step_000000028.png"));
}

TEST_F(Damage, ALongerRunKeepsGridsThatWereDueWhenTheyWereDrawnOrAreNow) {
  for (const auto& [every, due] : {std::pair{"9", false}, std::pair{"7", true}}) {
    fs::remove_all(folder_ / "run");
    run("cebm", "run", {"train.steps=7", "train.sample_every=4"}, {});
    run("cebm", "run", {"train.steps=8", std::string("train.sample_every=") + every}, {.resume = true});
    EXPECT_TRUE(fs::exists(folder_ / "run/samples/step_000000004.png")) << every;
    EXPECT_EQ(fs::exists(folder_ / "run/samples/step_000000007.png"), due) << every;
  }
}

TEST_F(Damage, ResumingAFinishedRunLeavesItsMetricsAlone) {
  const std::string metrics = contents(folder_ / "straight/metrics.csv");
  run("cebm", "straight", kShort, {.resume = true});
  EXPECT_EQ(contents(folder_ / "straight/metrics.csv"), metrics);
}

/// A disk that is full from one step to another: files may not grow beyond what the small files need.
class FullDisk : public SmallTraining {
 protected:
  Outcome run_with_full_disk(const std::vector<std::string>& more, std::uint64_t from, std::uint64_t to,
                             rlim_t bytes = 10'000) const {
    std::vector<std::string> overrides{"train.steps=40", "checkpoint.every=8", "checkpoint.keep_last=0"};
    overrides.insert(overrides.end(), more.begin(), more.end());
    std::optional<FileSizeLimit> limit;
    return run("cebm", "run", overrides, {.on_step = [&](std::uint64_t step) {
                 if (step == from) limit.emplace(bytes);
                 if (step == to) limit.reset();
               }});
  }
  std::vector<std::uint64_t> steps() const { return checkpoint_steps(folder_ / "run/checkpoints"); }
};

TEST_F(FullDisk, EndsTheTrainingWithTheReasonAndKeepsWhatIsThere) {
  EXPECT_THAT(message_of<IoError>([&] { run_with_full_disk({"train.tensorboard=false"}, 17, 100); }),
              AllOf(HasSubstr("step_000000024"), HasSubstr("File too large")));
  EXPECT_THAT(steps(), testing::ElementsAre(0, 8, 16));
  EXPECT_EQ(load_checkpoint(folder_ / "run/checkpoints/step_000000016").step, 16U);
  EXPECT_EQ(run("cebm", "run", {"train.steps=40", "checkpoint.every=8"}, {.resume = true}).code,
            TrainOutcome::finished);
}

TEST_F(FullDisk, IsPassedOverWhereTheConfigurationSaysSo) {
  const Outcome outcome = run_with_full_disk({"checkpoint.on_failure=continue"}, 17, 30);
  EXPECT_EQ(outcome.code, TrainOutcome::finished);
  EXPECT_THAT(outcome.messages,
              AllOf(HasSubstr("going on without checkpoints/step_000000024"), HasSubstr("File too large")));
  EXPECT_THAT(steps(), testing::ElementsAre(0, 8, 16, 32, 40));
  run("cebm", "straight", {"train.steps=40", "checkpoint.every=8"}, {});
  EXPECT_EQ(contents(folder_ / "run/metrics.csv"), contents(folder_ / "straight/metrics.csv"));
}

TEST_F(FullDisk, LosesNoEventWhereItIsPassedOver) {
  run_with_full_disk({"checkpoint.on_failure=continue", "checkpoint.keep_last=2"}, 17, 30);
  run("cebm", "straight", {"train.steps=40", "checkpoint.every=8", "checkpoint.on_failure=continue"}, {});
  const char* const file = "events.out.tfevents.0.cebm";
  EXPECT_TRUE(contents(folder_ / "run" / file) == contents(folder_ / "straight" / file));
}

TEST_F(FullDisk, CostsNoRowOfEitherTable) {
  run_with_full_disk({"checkpoint.on_failure=continue", "train.log_every=1"}, 17, 30, 1000);
  for (const char* const file : {"metrics.csv", "timing.csv"}) {
    EXPECT_THAT(read_metrics(folder_ / "run" / file).column("step"), testing::SizeIs(40)) << file;
  }
}

TEST_F(FullDisk, AtAResumeIsPassedOverToo) {
  const std::vector<std::string> longer{"train.steps=40", "checkpoint.every=8", "checkpoint.on_failure=continue"};
  run("cebm", "run", {"train.steps=24", "checkpoint.every=8"}, {});
  std::optional<FileSizeLimit> limit(10'000);
  const Outcome outcome = run("cebm", "run", longer, {.resume = true, .on_step = [&](std::uint64_t step) {
                                                        if (step == 30) limit.reset();
                                                      }});
  EXPECT_EQ(outcome.code, TrainOutcome::finished);
  const char* const file = "events.out.tfevents.0.cebm";
  EXPECT_THAT(outcome.messages, HasSubstr(std::string("going on without ") + file));
  run("cebm", "straight", longer, {});
  EXPECT_TRUE(contents(folder_ / "run" / file) == contents(folder_ / "straight" / file));
}

TEST_F(FullDisk, AtARollbackIsPassedOverToo) {
  std::optional<FileSizeLimit> limit;
  // A limit that every step passes: the first is taken back on the full disk, the next ends the run.
  const std::vector<std::string> overrides{"checkpoint.on_failure=continue", "guard.policy=rollback",
                                           "guard.max_rollbacks=1", "guard.max_gradient_norm=1e-9"};
  const auto call = [&] {
    run("cebm", "run", overrides, {.on_step = [&](std::uint64_t) {
          if (!limit) limit.emplace(10);
        }});
  };
  const std::string message = message_of<NumericsError>(call);
  limit.reset();
  EXPECT_THAT(message, HasSubstr("after 1 rollbacks"));
  EXPECT_THAT(messages_, HasSubstr("going on without metrics.csv"));
  for (const char* unchanged : {"metrics.json", "data.png"}) EXPECT_THAT(messages_, Not(HasSubstr(unchanged)));
}

TEST_F(FullDisk, IsAnErrorAtTheLastStepInAnyCase) {
  const std::vector<std::string> overrides{"checkpoint.on_failure=continue", "train.tensorboard=false"};
  EXPECT_THAT(message_of<IoError>([&] { run_with_full_disk(overrides, 17, 100); }), HasSubstr("step_000000040"));
  EXPECT_THAT(steps(), testing::ElementsAre(0, 8, 16));
}

}  // namespace
}  // namespace cebm
