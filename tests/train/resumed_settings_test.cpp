// A run that was stopped equals one that was not, whatever samplers, chain starts and optimisation carry along.
#include <cebm/errors.h>
#include <cebm/run.h>
#include <cebm/sampling.h>

#include "runs/metrics_log.h"
#include "support/small_training.h"

namespace cebm::resumed_settings_test {
namespace {

using testing::HasSubstr;

struct Setting {
  const char* name;
  std::vector<std::string> overrides;
};

void PrintTo(const Setting& setting, std::ostream* out) { *out << setting.name; }

class ResumedSettings : public SmallTraining, public testing::WithParamInterface<Setting> {};

TEST_P(ResumedSettings, GoOnAsIfNothingHappened) {
  std::vector<std::string> overrides{"train.steps=12", "guard.policy=stop"};
  overrides.insert(overrides.end(), GetParam().overrides.begin(), GetParam().overrides.end());
  run("cebm", "straight", overrides, {});
  EXPECT_EQ(run("cebm", "stopped", overrides, {.stop_after = 5}).code, TrainOutcome::stopped);
  EXPECT_EQ(run("cebm", "stopped", overrides, {.resume = true}).code, TrainOutcome::finished);
  expect_equal_runs("stopped", "straight");
}

TEST_P(ResumedSettings, ChangeTheTraining) {
  std::vector<std::string> overrides{"train.steps=12", "guard.policy=stop"};
  run("cebm", "without", overrides, {});
  overrides.insert(overrides.end(), GetParam().overrides.begin(), GetParam().overrides.end());
  run("cebm", "with", overrides, {});
  const auto rms = [&](const char* directory) {
    return read_metrics(folder_ / directory / "metrics.csv").column("energy_data").back();
  };
  EXPECT_NE(rms("with"), rms("without"));
}

INSTANTIATE_TEST_SUITE_P(
    All, ResumedSettings,
    testing::Values(
        Setting{"mala", {"sampler.name=mala", "sampler.alpha=0.1", "sampler.boundary=reflect"}},
        Setting{"hmc", {"sampler.name=hmc", "sampler.leapfrogs=2", "sampler.boundary=reject"}},
        Setting{"young_chains", {"sampler.young_calls=3", "buffer.reuse_probability=0.7"}},
        Setting{"sgld_over_training",
                {"sampler.alpha_over_training.kind=cosine", "sampler.noise_over_training.kind=steps",
                 "sampler.noise_over_training.at=[3, 7]", "sampler.steps_over_training.kind=linear",
                 "sampler.steps_over_training.final=3"}},
        Setting{"rejecting_sgld", {"sampler.boundary=reject"}},
        Setting{"starts_from_data", {"buffer.start=data", "buffer.reuse_probability=0.6"}},
        Setting{"starts_from_noisy_data", {"buffer.start=data_noise", "buffer.reuse_probability=0.6"}},
        Setting{"starts_from_a_gaussian",
                {"buffer.start=gaussian", "buffer.start_components=6", "buffer.reuse_probability=0.6"}},
        Setting{"slots_of_components",
                {"model.name=cebmm", "model.bias.components=3", "buffer.component_steps=1", "sampler.steps=3"}},
        Setting{
            "decaying_rate",
            {"train.optimizer.warmup_steps=2", "train.optimizer.decay.kind=cosine", "train.optimizer.decay.final=0"}},
        Setting{"sigma_clip",
                {"train.optimizer.sigma_clip=1", "train.optimizer.sigma_clip_floor=0", "train.optimizer.beta2=0.9"}},
        Setting{"spectral_norm", {"train.spectral_norm.bound=0.5"}}),
    [](const auto& which) { return std::string(which.param.name); });

class TrainedSampler : public SmallTraining {};

TEST_F(TrainedSampler, HasTheStepSizeThatTheTrainingEndedWith) {
  const std::vector<std::string> overrides{"train.steps=20",     "guard.policy=stop",         "sampler.name=mala",
                                           "sampler.alpha=1e-4", "sampler.adaptation.gain=1", "train.log_every=1"};
  run("cebm", "run", overrides, {});
  const Catalog catalog;
  const OpenedRun opened = open_run(folder_ / "run", catalog, torch::kCPU);
  State adapted;
  trained_sampler(opened)->save(adapted);
  EXPECT_GT(adapted.values.at("sampler").at("log_factor").get<double>(), 3.0);
  EXPECT_EQ(adapted.values, [&] {
    State saved;
    saved.values["sampler"] = opened.checkpoint.part("objective").values.at("sampler");
    return saved.values;
  }());
}

TEST_F(TrainedSampler, HasTheStepSizeOfTheTermThatMovesTheChains) {
  run("cebm", "run",
      {"train.steps=20", "guard.policy=stop", "objective={name: sum, pcd: {weight: 1}, dsm: {weight: 0.1}}",
       "sampler.name=mala", "sampler.alpha=1e-4", "sampler.adaptation.gain=1"},
      {});
  const Catalog catalog;
  State adapted;
  trained_sampler(open_run(folder_ / "run", catalog, torch::kCPU))->save(adapted);
  EXPECT_GT(adapted.values.at("sampler").at("log_factor").get<double>(), 3.0);
}

TEST_F(TrainedSampler, IsAtTheEndOfItsSchedules) {
  run("cebm", "run",
      {"train.steps=4", "guard.policy=stop", "sampler.steps_over_training.kind=linear",
       "sampler.steps_over_training.final=4"},
      {});
  const Catalog catalog;
  EXPECT_EQ(trained_sampler(open_run(folder_ / "run", catalog, torch::kCPU))->default_steps(), 12);
}

class ForcedResume : public SmallTraining {
 protected:
  const std::vector<std::string> kPlain{"train.steps=6", "train.ema_decay=0", "train.log_every=4"};

  /// Goes on with a run of six steps to the eighth, with more settings.
  void go_on(const std::vector<std::string>& more, bool force = true) {
    std::vector<std::string> overrides = kPlain;
    overrides.insert(overrides.end(), more.begin(), more.end());
    overrides.emplace_back("train.steps=7");
    EXPECT_EQ(run("cebm", "run", overrides, {.resume = true, .force = force}).code, TrainOutcome::finished);
  }
  std::filesystem::path checkpoint(std::uint64_t step) const {
    return folder_ / "run/checkpoints" / checkpoint_name(step);
  }
};

TEST_F(ForcedResume, StartsAMissingAverageFromTheWeightsThatAreLoaded) {
  run("cebm", "run", kPlain, {});
  const Checkpoint before = load_checkpoint(checkpoint(6));
  go_on({"train.ema_decay=0.9"});
  EXPECT_THAT(messages_, HasSubstr("warning: train.ema_decay: the average of the weights starts anew"));
  const Checkpoint after = load_checkpoint(checkpoint(7));
  const double kept = (1.0 + 6.0) / (10.0 + 6.0);
  for (const auto& [name, average] : after.part("ema").tensors) {
    const torch::Tensor expected =
        torch::lerp(before.part("model").tensors.at(name), after.part("model").tensors.at(name), 1.0 - kept);
    EXPECT_TRUE(torch::allclose(average, expected, 1e-5, 1e-7)) << name;
  }
}

TEST_F(ForcedResume, BeginsAnotherRecordWhereMoreIsMeasured) {
  run("cebm", "run", kPlain, {});
  go_on({"train.spectral_norm.bound=0.5"});
  EXPECT_THAT(messages_, HasSubstr("warning: train.spectral_norm starts anew"));
  for (const char* kept : {"run/metrics.before_1.csv", "run/timing.before_1.csv"})
    EXPECT_EQ(read_metrics(folder_ / kept).column("step"), (std::vector<double>{4, 6})) << kept;
  const MetricsTable now = read_metrics(folder_ / "run/metrics.csv");
  EXPECT_EQ(now.column("step"), (std::vector<double>{7}));
  EXPECT_GT(now.column("singular_value").back(), 0.0);
}

TEST_F(ForcedResume, StartsAnAdaptationAnewAndKeepsTheChains) {
  run("cebm", "run", {"train.steps=6", "train.ema_decay=0", "sampler.name=mala", "sampler.adaptation.enabled=false"},
      {});
  go_on({"sampler.name=mala", "sampler.adaptation.enabled=true"});
  EXPECT_THAT(messages_,
              HasSubstr("what the objective does not find starts anew: sampler: the sampler's adapted step size"));
  const State objective = load_checkpoint(checkpoint(7)).part("objective");
  EXPECT_EQ(objective.values.at("sampler").at("updates"), 1);
  EXPECT_GT(objective.tensors.at("calls").sum().item<std::int64_t>(), 7 * 10 / 2) << "chains of before";
}

TEST_F(ForcedResume, KeepsTheChainsWhereTheGaussianOfTheirStartsIsMissing) {
  run("cebm", "run", kPlain, {});
  const State before = load_checkpoint(checkpoint(6)).part("objective");
  go_on({"buffer.start=gaussian", "buffer.start_components=2", "buffer.reuse_probability=1"});
  EXPECT_THAT(messages_, HasSubstr("warning: what the objective does not find starts anew: buffer: the Gaussian that "
                                   "they start from: tensor 'start_mean'"));
  const State after = load_checkpoint(checkpoint(7)).part("objective");
  EXPECT_TRUE(after.tensors.at("born").equal(before.tensors.at("born")));
  const auto calls = [](const State& state) { return state.tensors.at("calls").sum().item<std::int64_t>(); };
  EXPECT_GT(calls(after), calls(before));
}

TEST_F(ForcedResume, NewChainsHaveTheAgeOfTheResume) {
  run("cebm", "run", kPlain, {});
  const std::int64_t size = load_checkpoint(checkpoint(6)).part("objective").tensors.at("born").size(0);
  go_on({"buffer.size=" + std::to_string(size + 10)});
  EXPECT_THAT(messages_, HasSubstr("what the objective does not find starts anew: buffer: chains: tensor 'images'"));
  EXPECT_EQ(read_metrics(folder_ / "run/metrics.csv").column("chain_age").back(), 1.0);
}

TEST_F(ForcedResume, IsNeededForAPartThatIsMissing) {
  run("cebm", "run", {"train.steps=6", "train.ema_decay=0.9"}, {});
  Checkpoint without = load_checkpoint(checkpoint(6));
  without.parts.erase("ema");
  std::filesystem::remove_all(checkpoint(6));
  save_checkpoint(folder_ / "run/checkpoints", without);
  EXPECT_THAT(message_of<CheckpointError>([&] { go_on({"train.ema_decay=0.9"}, /*force=*/false); }), HasSubstr("ema"));
  go_on({"train.ema_decay=0.9"});
}

class SpectralNormOfATraining : public SmallTraining {};

TEST_F(SpectralNormOfATraining, IsRefusedWhereThereIsNoEnergyOfAnEncoder) {
  EXPECT_THAT(message_of<ConfigError>([&] {
                run("vae", "run", {"train.steps=1", "train.spectral_norm.bound=1"}, {});
              }),
              HasSubstr("train.spectral_norm.bound"));
}

}  // namespace
}  // namespace cebm::resumed_settings_test
