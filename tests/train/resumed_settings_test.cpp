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

class SpectralNormOfATraining : public SmallTraining {};

TEST_F(SpectralNormOfATraining, IsRefusedWhereThereIsNoEnergyOfAnEncoder) {
  EXPECT_THAT(message_of<ConfigError>([&] {
                run("vae", "run", {"train.steps=1", "train.spectral_norm.bound=1"}, {});
              }),
              HasSubstr("train.spectral_norm.bound"));
}

}  // namespace
}  // namespace cebm::resumed_settings_test
