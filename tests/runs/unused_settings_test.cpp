// Which settings of a run have no effect, given the others.
#include <cebm/catalog.h>
#include <cebm/config.h>
#include <cebm/run.h>
#include <gmock/gmock.h>

#include "support/folder_test.h"

namespace cebm {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

const Catalog& catalog() {
  static const Catalog built_in;
  return built_in;
}

/// "key <- condition" of each.
std::vector<std::string> unused_in(const std::string& yaml, const Catalog& of = catalog()) {
  RunConfig config(of);
  const ConfigNode node = parse_config(yaml);
  read_options(node, config);
  std::vector<std::string> found;
  for (const UnusedSetting& setting : unused_settings(node, config)) {
    found.push_back(setting.key + " <- " + setting.read_with);
  }
  return found;
}

struct Case {
  const char* yaml;
  std::vector<std::string> unused;
};

TEST(UnusedSettingsOfARun, AreThoseThatNothingReads) {
  const std::vector<Case> cases{
      {"sampler: {noise: sqrt_alpha, noise_std: 0.1}", {"sampler.noise_std <- noise: fixed"}},
      {"sampler: {noise: fixed, temperature: 2}", {"sampler.temperature <- noise: sqrt_alpha"}},
      {"sampler: {young_noise: 2}", {"sampler.young_noise <- young_calls: 1 or more"}},
      {"sampler: {steps_over_training: {at: [5], final: 2}}",
       {"sampler.steps_over_training.final <- kind: linear or cosine",
        "sampler.steps_over_training.at <- kind: steps"}},
      {"sampler: {name: mala, adaptation: {enabled: false, gain: 1}}", {"sampler.adaptation.gain <- enabled: true"}},
      {"buffer: {start: data, start_noise_std: 1, start_components: 5}",
       {"buffer.start_noise_std <- start: data_noise", "buffer.start_components <- start: gaussian"}},
      {"train: {optimizer: {sigma_clip_floor: 1}, spectral_norm: {iterations: 2}}",
       {"train.optimizer.sigma_clip_floor <- sigma_clip above 0", "train.spectral_norm.iterations <- bound above 0"}},
      {"sampler: {gradient_clip_at: 2}", {"sampler.gradient_clip_at <- gradient_clip: value or norm"}},
      {"sampler: {step_schedule: {final: 0.5, offset: 2}}",
       {"sampler.step_schedule.final <- kind: linear", "sampler.step_schedule.offset <- kind: polynomial"}},
      {"sampler: {noise_schedule: {kind: linear, power: 1}}", {"sampler.noise_schedule.power <- kind: polynomial"}},
      {"guard: {policy: off, margin: 5, max_energy_gap: 2}",
       {"guard.max_energy_gap <- policy: stop or rollback", "guard.margin <- policy: stop or rollback"}},
      {"{train: {max_energy: 7}, guard: {policy: off}}", {"train.max_energy <- guard.policy: stop or rollback"}},
      {"guard: {max_rollbacks: 3}", {"guard.max_rollbacks <- policy: rollback"}},
      {"checkpoint: {keep_last: 0, keep_every: 5}", {"checkpoint.keep_every <- keep_last: 1 or more"}},
      {"model: {encoder: {activation: silu, leaky_slope: 0.1}}",
       {"model.encoder.leaky_slope <- activation or hidden_activation: leaky_relu"}},
      {"model: {encoder: {hidden: [], hidden_activation: relu}}",
       {"model.encoder.hidden_activation <- hidden fully connected layers"}},
      {"model: {name: igebm, activation: relu, leaky_slope: 0.1}", {"model.leaky_slope <- activation: leaky_relu"}},
      {"model: {name: cebmm, bias: {components: 1, mean_std: 2}}", {"model.bias.mean_std <- components: 2 or more"}},
  };
  for (const Case& one : cases) EXPECT_THAT(unused_in(one.yaml), ElementsAreArray(one.unused)) << one.yaml;
}

TEST(UnusedSettingsOfARun, AreNotThoseThatAreRead) {
  for (const char* yaml : {
           "sampler: {noise: fixed, noise_std: 0.1, gradient_clip: norm, gradient_clip_at: 2}",
           "sampler: {step_schedule: {kind: linear, final: 0.5}, noise_schedule: {kind: polynomial, offset: 2}}",
           "{sampler: {name: hmc, leapfrogs: 2, adaptation: {gain: 1}}, buffer: {start: gaussian, start_components: "
           "5}}",
           "train: {optimizer: {sigma_clip: 3, sigma_clip_floor: 0, decay: {kind: cosine, final: 0}}}",
           "{sampler: {alpha: 1}, buffer: {size: 500}, guard: {max_energy_gap: 2, max_pixels_saturated: 0.5}}",
           "{model: vae, objective: elbo, train: {max_energy: 7}, guard: {max_gradient_norm: 3, margin: 2}}",
           "guard: {policy: rollback, max_rollbacks: 3, learning_rate_scale: 0.1, sampler_step_scale: 0.5}",
           "checkpoint: {keep_last: 3, keep_every: 5}",
           "model: {encoder: {activation: leaky_relu, leaky_slope: 0.1}}",
           "model: {encoder: {activation: relu, hidden: [8], hidden_activation: leaky_relu, leaky_slope: 0.1}}",
           "{model: {name: vae, decoder: {hidden: [], hidden_activation: relu}}, objective: elbo}",
           "model: {name: cebmm, bias: {components: 2, mean_std: 2}}",
       }) {
    EXPECT_THAT(unused_in(yaml), IsEmpty()) << yaml;
  }
}

// Otherwise a run's config.yaml would be full of warnings.
TEST(UnusedSettingsOfARun, AreNotWrittenIntoAResolvedConfiguration) {
  for (const ModelEntry& model : catalog().models.rows()) {
    for (const ObjectiveEntry& objective : catalog().objectives.rows()) {
      RunConfig config(catalog());
      read_options(parse_config("{model: " + model.name + ", objective: " + objective.name + "}"), config);
      EXPECT_THAT(unused_in(dump_options(config)), IsEmpty()) << model.name << " " << objective.name;
    }
  }
}

// Up to version 0.1.0 all of them were written.
TEST(UnusedSettingsOfARun, OfAnOlderRunAreReadAndMeanWhatTheyDid) {
  RunConfig config(catalog());
  const std::string older =
      "{model: {name: vae, latent_dim: 4}, objective: elbo, sampler: {name: sgld, steps: 60, alpha: 0.075, noise_std: "
      "0.0075}, buffer: {size: 5000}, train: {max_energy: 1e+06}, guard: {policy: stop, max_energy_gap: 10000}}";
  read_recorded_options(parse_config(older), config);
  RunConfig newer(catalog());
  read_options(parse_config("{model: {name: vae, latent_dim: 4}, objective: elbo}"), newer);
  EXPECT_EQ(dump_options(config), dump_options(newer));
}

TEST(SettingsOfAnObjective, HaveNoEffectWhereAnotherIsChosenOverThem) {
  RunConfig config(catalog());
  ConfigNode node =
      parse_config("{objective: pcd, sampler: {alpha: 1}, buffer: {size: 500}, guard: {max_energy_gap: 2, margin: 5}}");
  apply_overrides(node, {"model=vae", "objective=elbo"});
  read_options(node, config);
  std::vector<std::string> unused;
  for (const UnusedSetting& setting : unused_settings(node, config)) unused.push_back(setting.key);
  EXPECT_THAT(unused, ElementsAre("sampler", "buffer", "guard.max_energy_gap"));
  apply_overrides(node, {"objective=pcd", "objective=elbo", "sampler.alpha=2"});
  RunConfig refused(catalog());
  EXPECT_THROW(read_options(node, refused), ConfigError) << "written after the choice";
}

TEST(SettingsOfAnObjective, BelongToOneFromOutsideToo) {
  Catalog more;
  ObjectiveEntry row = more.objectives.find("pcd");
  row.name = "mine";
  more.objectives.add(row);
  const char* const yaml = "{objective: mine, sampler: {alpha: 1}, buffer: {size: 500}}";
  EXPECT_THAT(unused_in(yaml, more), IsEmpty());
  EXPECT_THAT(message_of<ConfigError>([&] { unused_in("{objective: elbo, buffer: {size: 500}}", more); }),
              HasSubstr("objective: pcd or jem or mine"));
}

TEST(SettingsOfAnObjective, AreRefusedWhereAnotherIsChosen) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"{model: vae, objective: elbo, sampler: {alpha: 1}}",
       "sampler: there is such a setting only with objective: pcd"},
      {"{model: vae, objective: elbo, buffer: {size: 9}}", "buffer: there is such a setting only with objective: pcd"},
      {"{model: bigan, objective: bigan, sampler: sgld}", "sampler: there is such a setting only with objective: pcd"},
      {"{model: vae, objective: elbo, guard: {max_energy_gap: 2}}",
       "guard.max_energy_gap: there is such a setting only with objective: pcd"},
      {"{model: vae, objective: elbo, guard: {sampler_step_scale: 1}}",
       "guard.sampler_step_scale: there is such a setting only with objective: pcd"}};
  for (const auto& [yaml, message] : cases) {
    EXPECT_THAT(message_of<ConfigError>([&, &text = yaml] { unused_in(text); }), HasSubstr(message)) << yaml;
  }
}

}  // namespace
}  // namespace cebm
