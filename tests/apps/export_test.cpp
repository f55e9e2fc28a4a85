#include <cebm/files.h>

#include "apps/program.h"

namespace cebm {

using testing::HasSubstr;

/// A run's weights by cebm-eval export.
class Export : public ProgramTest {
 protected:
  Outcome export_run(const std::string& arguments) const { return run("cebm-eval export --run run " + arguments); }

  /// What chains of a run end at.
  std::string samples_of(const std::string& name, const std::string& more = "") const {
    const Outcome drawn = run("cebm-sample --run " + name + " --count 3 --steps 5 --out " + name + ".png -q " + more);
    EXPECT_EQ(drawn.code, 0) << drawn.err;
    return read_file(folder_ / (name + ".npy"));
  }
};

TEST_F(Export, DrawsAndEvaluatesAsTheRunItComesFrom) {
  ASSERT_EQ(train("--set train.ema_decay=0.9").code, 0);
  const Outcome exported = export_run("--out alone");
  ASSERT_EQ(exported.code, 0) << exported.err;
  EXPECT_EQ(exported.out, "alone\n");
  EXPECT_EQ(samples_of("alone"), samples_of("run"));
  ASSERT_EQ(export_run("--out live --weights live").code, 0);
  EXPECT_EQ(samples_of("live"), samples_of("run", "--weights live"));
  EXPECT_NE(samples_of("live"), samples_of("alone"));
  const std::string scores = "cebm-eval scores --data-root data -q --run ";
  EXPECT_EQ(run(scores + "alone --out a").code, 0);
  EXPECT_EQ(run(scores + "run --out b").code, 0);
  EXPECT_EQ(read_file(folder_ / "a/latent.npy"), read_file(folder_ / "b/latent.npy"));
}

TEST_F(Export, HoldsTheModelAndNothingOfTheTraining) {
  ASSERT_EQ(train("--set train.ema_decay=0.9").code, 0);
  ASSERT_EQ(export_run("--out alone").code, 0);
  EXPECT_TRUE(exists("alone/checkpoints/step_000000004/model.safetensors"));
  EXPECT_FALSE(exists("alone/checkpoints/step_000000004/optimizer.safetensors"));
  EXPECT_FALSE(exists("alone/checkpoints/step_000000004/objective.safetensors"));
  EXPECT_THAT(read_file(folder_ / "alone/run.json"), HasSubstr("\"command\": \"\""));
  const Outcome resumed = run("cebm-train --config alone/config.yaml --data-root data --out alone --resume");
  EXPECT_EQ(resumed.code, 1);
  EXPECT_THAT(resumed.err, HasSubstr("has no part 'progress'"));
}

TEST_F(Export, KeepsTheStepSizeThatTheTrainingAdapted) {
  ASSERT_EQ(train("--set 'sampler={name: mala, steps: 3, alpha: 1.0e-4, adaptation: {gain: 1}}'").code, 0);
  ASSERT_EQ(export_run("--out alone").code, 0);
  EXPECT_EQ(samples_of("alone"), samples_of("run"));
  EXPECT_NE(samples_of("alone"), samples_of("run", "--sampler-option adaptation.enabled=false"));
}

TEST_F(Export, OfAnEarlierStepIsTheShorterTraining) {
  ASSERT_EQ(train().code, 0);
  ASSERT_EQ(export_run("--out early --step 2").code, 0);
  ASSERT_EQ(run("cebm-train --config tiny.yaml --data-root data --out short --set train.steps=2").code, 0);
  EXPECT_EQ(samples_of("early"), samples_of("short"));
  const Outcome missing = export_run("--out none --step 3");
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, HasSubstr("expected a checkpoint of step 3, found those of steps 2, 4"));
  EXPECT_FALSE(exists("none"));
}

TEST_F(Export, TakesADirectoryWithASlashAtItsEnd) {
  ASSERT_EQ(train().code, 0);
  const Outcome exported = export_run("--out alone/");
  ASSERT_EQ(exported.code, 0) << exported.err;
  EXPECT_EQ(samples_of("alone"), samples_of("run"));
  EXPECT_EQ(leftovers(), std::vector<std::string>{});
}

TEST_F(Export, MakesTheFoldersAboveItsOwn) {
  ASSERT_EQ(train().code, 0);
  const Outcome exported = export_run("--out shared/models/alone");
  ASSERT_EQ(exported.code, 0) << exported.err;
  EXPECT_EQ(exported.out, "shared/models/alone\n");
  EXPECT_TRUE(exists("shared/models/alone/checkpoints/step_000000004/model.safetensors"));
  EXPECT_EQ(leftovers(), std::vector<std::string>{});
}

TEST_F(Export, OverwritesNothing) {
  ASSERT_EQ(train().code, 0);
  write("taken", "mine");
  const Outcome refused = export_run("--out taken");
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--out taken: exists"));
  EXPECT_EQ(read_file(folder_ / "taken"), "mine");
  EXPECT_EQ(leftovers(), std::vector<std::string>{});
}

}  // namespace cebm
