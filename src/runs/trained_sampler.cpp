// The sampler of a run as of its last training step.
#include <cebm/config.h>
#include <cebm/sampling.h>

#include <algorithm>
#include <cmath>

#include "base/option_text.h"
#include "runs/sampler_state.h"
#include "samplers/free_step.h"

namespace cebm {

namespace {

/// The gradient step (from 0) that the training did last; 0 before the first.
std::uint64_t last_step(const OpenedRun& run) { return run.checkpoint.step == 0 ? 0 : run.checkpoint.step - 1; }

State saved_by(const Sampler& sampler) {
  State state;
  sampler.save(state);
  return state;
}

bool is_empty(const State& state) { return state.values.empty() && state.tensors.empty(); }

/// Whether the run has all that a sampler like this one saves.
bool has_saved(const OpenedRun& run, const State& like) {
  const State there = state_of_chains(run);
  for (const auto& [name, tensor] : like.tensors) {
    if (!there.tensors.contains(name)) return false;
  }
  for (const auto& [name, value] : like.values.items()) {
    if (!there.values.contains(name)) return false;
  }
  return true;
}

}  // namespace

std::uint64_t first_free_step(const OpenedRun& run) {
  const auto most = static_cast<std::uint64_t>(run.config->sampler().build()->most_steps());
  return std::max(run.checkpoint.step * most, free_step_of(state_of_chains(run)));
}

Choice<SamplerEntry> sampler_settings(const OpenedRun& run) {
  const Choice<SamplerEntry>& configured = run.config->sampler();
  Choice<SamplerEntry> settings(run.config->catalog(), configured.name());
  read_options(parse_config(dump_options(configured.options()), "the run's sampler"), settings.options());
  scale_sampler(settings, run.config->guard, attempt_of(run.checkpoint));
  return settings;
}

std::shared_ptr<Sampler> trained_sampler(const OpenedRun& run, const Choice<SamplerEntry>& settings) {
  auto sampler = settings.build();
  sampler->set_progress(last_step(run), static_cast<std::uint64_t>(run.config->train.steps));
  // A run that did not adapt its sampler, and weights alone that lack what it saved, leave it as it is configured.
  if (has_saved(run, saved_by(*sampler))) sampler->load(state_of_chains(run));
  return sampler;
}

std::shared_ptr<Sampler> trained_sampler(const OpenedRun& run) { return trained_sampler(run, sampler_settings(run)); }

double stationary_temperature(const OpenedRun& run, const Choice<SamplerEntry>& settings) {
  const auto& options = dynamic_cast<const SamplerOptions&>(settings.options());
  return options.stationary_temperature(last_step(run), static_cast<std::uint64_t>(run.config->train.steps));
}

std::string joint_of_two_temperatures(const OpenedRun& run, const Choice<SamplerEntry>& settings) {
  const double temperature = stationary_temperature(run, settings);
  if (std::abs(temperature - 1.0) < 1e-6) return {};
  return "joint sampling draws z from p(z | x) at temperature 1, but the sampler '" + settings.name() +
         "' moves x at temperature " + number_text(temperature) +
         ": the chains do not sample p(x, z); they do at temperature 1, which sgld has with noise=sqrt_alpha";
}

std::string why_chains_stand(const OpenedRun& run, const Choice<SamplerEntry>& settings) {
  const auto& options = dynamic_cast<const SamplerOptions&>(settings.options());
  if (options.moves(last_step(run), static_cast<std::uint64_t>(run.config->train.steps))) return {};
  return "the schedule over the training has brought the step size of the sampler '" + settings.name() +
         "' to 0 at step " + std::to_string(run.checkpoint.step) +
         ": chains do not follow the energy; give it an alpha_over_training.final above 0";
}

std::string adapted_besides(const OpenedRun& run, const Choice<SamplerEntry>& settings) {
  const State adapted = saved_by(*settings.build());
  const bool changed = dump_options(settings.options()) != dump_options(sampler_settings(run).options());
  if (!changed || is_empty(adapted) || !has_saved(run, adapted)) return {};
  return "the step size is that of the settings times the factor that the training adapted; adaptation.enabled=false "
         "takes it as it is set";
}

std::string missing_adaptation(const OpenedRun& run, const Choice<SamplerEntry>& settings) {
  const State adapted = saved_by(*settings.build());
  if (is_empty(adapted) || has_saved(run, adapted)) return {};
  return "the checkpoint of step " + std::to_string(run.checkpoint.step) +
         " lacks the adapted step size of the sampler '" + settings.name() +
         "', so its chains take steps of the configured size; an export made anew has it";
}

}  // namespace cebm
