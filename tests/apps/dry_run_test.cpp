// --dry-run finds without data and without traces what a start would refuse.
#include "apps/program.h"

namespace cebm {
namespace {

using testing::HasSubstr;
using testing::Not;

class DryRun : public ProgramTest {
 protected:
  Outcome dry(const std::string& arguments = "") const {
    return run("cebm-train --config tiny.yaml --data-root data --out run --dry-run " + arguments);
  }
  /// What the only error of the program says.
  static std::string error_of(const Outcome& outcome) {
    const std::size_t at = outcome.err.find("error ");
    return at == std::string::npos ? "none: " + outcome.err : outcome.err.substr(at);
  }
};

TEST_F(DryRun, RefusesWhatAStartRefusesInTheSameWords) {
  for (const char* wrong :
       {"--set objective=elbo", "--set model=vae", "--set model.encoder.kernels=[3]", "--set buffer.size=7",
        "--set model.encoder.kernels=[3,33]", "--set model.statistic_map=identity", "--set 'data={name: image-folder}'",
        "--set 'model.encoder={name: wide_resnet, depth: 10, width: 1}' --set sampler.precision=bfloat16",
        "--device cuda:63", "--init-from nowhere.safetensors", "--init-from nowhere.safetensors --resume"}) {
    const Outcome checked = dry(wrong);
    const Outcome started = train(wrong);
    EXPECT_NE(checked.code, 0) << wrong;
    EXPECT_EQ(checked.code, started.code) << wrong;
    EXPECT_EQ(error_of(checked), error_of(started)) << wrong;
    EXPECT_EQ(checked.out, "") << wrong;
    EXPECT_FALSE(exists("run")) << wrong;
  }
}

TEST_F(DryRun, NeedsNoData) {
  std::filesystem::remove_all(folder_ / "data/mnist");
  const Outcome outcome = dry();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("1x28x28"));
  EXPECT_FALSE(exists("run"));
}

TEST_F(DryRun, TakesNoMemoryForTheReplayBuffer) {
  EXPECT_EQ(dry("--set buffer.size=1e8").code, 0);  // 314 GB
}

TEST_F(DryRun, BuildsTheModelForTheImagesOfTheSet) {
  EXPECT_THAT(dry("--set data=cifar10").err, HasSubstr("3x32x32"));
  EXPECT_THAT(dry("--set 'data={name: image-folder, path: nowhere, size: 48, channels: 1}'").err, HasSubstr("1x48x48"));
}

class SettingsWithoutEffect : public DryRun {
 protected:
  static std::size_t count(const std::string& text, const std::string& part) {
    std::size_t times = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
    return times;
  }
};

TEST_F(SettingsWithoutEffect, AreNamedOnceWithFileAndLine) {
  write("unused.yaml", "extends: tiny.yaml\nsampler:\n  gradient_clip_at: 2.0\n");
  const std::string arguments = "cebm-train --config unused.yaml --data-root data --out run ";
  for (const std::string flags : {"--dry-run -q", "-q"}) {
    const Outcome outcome = run(arguments + flags);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("unused.yaml:3: sampler.gradient_clip_at: has no effect"));
    EXPECT_EQ(count(outcome.err, "has no effect"), 1U) << outcome.err;
  }
}

TEST_F(SettingsWithoutEffect, AreNotInTheRunsOwnConfiguration) {
  ASSERT_EQ(train("--set sampler.gradient_clip_at=2").code, 0);
  const Outcome resumed = run("cebm-train --config run/config.yaml --data-root data --out run --resume");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(count(resumed.err, "has no effect"), 0U) << resumed.err;
}

TEST_F(SettingsWithoutEffect, AreNamedByTheOtherProgramsToo) {
  ASSERT_EQ(train().code, 0);
  const Outcome sampled =
      run("cebm-sample --run run --steps 1 --count 2 --out a.png --sampler-option gradient_clip_at=2 -q");
  EXPECT_EQ(sampled.code, 0) << sampled.err;
  EXPECT_EQ(count(sampled.err, "gradient_clip_at: has no effect"), 1U) << sampled.err;
  const Outcome evaluated =
      run("cebm-eval few-shot --run run --data-root data --set full=false --set views.rotation=5 --set shots=[1] -q");
  EXPECT_EQ(count(evaluated.err, "views: has no effect"), 1U) << evaluated.err;
}

TEST_F(SettingsWithoutEffect, ThatAreReadAreNotNamed) { EXPECT_THAT(train().err, Not(HasSubstr("has no effect"))); }

TEST_F(DryRun, StepsMayBeInExponentNotation) {
  EXPECT_THAT(dry("--set train.steps=1e5").out, HasSubstr("steps: 100000\n"));
  EXPECT_THAT(dry("--set train.steps=1.5e0").err, HasSubstr("train.steps: expected integer"));
}

}  // namespace
}  // namespace cebm
