#include "apps/program.h"

namespace cebm {

using testing::HasSubstr;

class Train : public ProgramTest {};

TEST_F(Train, WritesARunWithEverythingItPromises) {
  const Outcome outcome = train();
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "run/report.html\n");
  for (const char* file :
       {"run/config.yaml", "run/metrics.csv", "run/timing.csv", "run/report.html", "run/samples/data.png",
        "run/samples/step_000000002.png", "run/samples/step_000000004.png",
        "run/curves/energy_of_data_and_of_samples.svg", "run/checkpoints/step_000000002/manifest.json",
        "run/checkpoints/step_000000004/model.safetensors"}) {
    EXPECT_TRUE(exists(file)) << file;
  }
  const std::string metrics = contents(folder_ / "run/metrics.csv");
  EXPECT_THAT(metrics, HasSubstr("step,loss,energy_data,energy_model,energy_gap"));
  EXPECT_EQ(std::count(metrics.begin(), metrics.end(), '\n'), 5);
  EXPECT_THAT(leftovers(), testing::IsEmpty());
}

TEST_F(Train, NamesTheRunAfterTheWholeNameOfItsConfiguration) {
  write("exp.v1.yaml", "extends: tiny.yaml\n");
  for (const std::string name : {"exp.v1", "exp.v1.yaml"}) {
    std::filesystem::remove_all(folder_ / "runs");
    const Outcome outcome = run("cebm-train --config " + name + " --data-root data --set train.steps=1 -q");
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(exists("runs/exp.v1/config.yaml")) << name;
  }
}

TEST_F(Train, PrintsPlainLinesWhenPiped) {
  const Outcome outcome = train();
  EXPECT_THAT(outcome.err, HasSubstr("step 4/4"));
  EXPECT_THAT(outcome.err, testing::Not(HasSubstr("\r")));
  EXPECT_THAT(outcome.err, testing::Not(HasSubstr("\x1b")));
}

TEST_F(Train, QuietPrintsOnlyTheResult) {
  const Outcome outcome = train("-q");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, "run/report.html\n");
}

TEST_F(Train, DryRunPrintsAConfigurationThatReadsBackTheSame) {
  const Outcome first = run("cebm-train --config tiny.yaml --set train.batch_size=5 --dry-run");
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("batch_size: 5"));
  write("resolved.yaml", first.out);
  EXPECT_EQ(run("cebm-train --config resolved.yaml --dry-run").out, first.out);
  EXPECT_FALSE(exists("run"));
}

TEST_F(Train, TheSameSeedGivesTheSameBytesForAnyNumberOfThreads) {
  ASSERT_EQ(train("--threads 1").code, 0);
  ASSERT_EQ(run("cebm-train --config tiny.yaml --data-root data --out two --threads 2").code, 0);
  for (const char* file : {"metrics.csv", "checkpoints/step_000000004/model.safetensors",
                           "checkpoints/step_000000004/optimizer.safetensors",
                           "checkpoints/step_000000004/objective.safetensors", "samples/step_000000004.png"}) {
    EXPECT_EQ(contents(folder_ / "run" / file), contents(folder_ / "two" / file)) << file;
    EXPECT_NE(contents(folder_ / "run" / file), "") << file;
  }
}

TEST_F(Train, AnotherSeedGivesOtherWeights) {
  ASSERT_EQ(train().code, 0);
  ASSERT_EQ(run("cebm-train --config tiny.yaml --data-root data --out other --set train.seed=2").code, 0);
  const char* file = "checkpoints/step_000000004/model.safetensors";
  EXPECT_NE(contents(folder_ / "run" / file), contents(folder_ / "other" / file));
}

TEST_F(Train, ShippedConfigurationsAreFoundByBareName) {
  for (const char* name : {"fashion_mnist_cebm.yaml", "mnist_cebmm", "fashion_mnist_cebm_quick.yaml",
                           "authors/mnist_igebm.yaml", "authors/mnist_gmm_bigan", "authors/fashion_mnist_bigan.yaml"}) {
    const Outcome outcome = run(std::string("cebm-train --dry-run --config ") + name);
    EXPECT_EQ(outcome.code, 0) << name << outcome.err;
  }
}

TEST_F(Train, ListsComponentsAndDocumentsKeys) {
  const Outcome list = run("cebm-train --list");
  for (const char* name : {"cebmm", "gaussian_mixture", "sgld", "fashion_mnist", "pcd"}) {
    EXPECT_THAT(list.out, HasSubstr(name));
  }
  const Outcome keys = run("cebm-train --help-config");
  for (const char* key : {"batch_size", "reuse_probability", "statistic_map", "noise_std"}) {
    EXPECT_THAT(keys.out, HasSubstr(key));
  }
}

TEST_F(Train, TheConfigurationReferenceIsTheGeneratedOne) {
  const std::string of_training = run("cebm-train --help-config --markdown").out;
  EXPECT_EQ(of_training + "\n" + run("cebm-eval --help-config --markdown").out,
            contents(CEBM_DOCS_DIR "/configuration.md"))
      << "regenerate it: (build/bin/cebm-train --help-config --markdown; echo; "
         "build/bin/cebm-eval --help-config --markdown) > docs/configuration.md";
}

}  // namespace cebm
