#include "runs/sampler_state.h"

#include <cebm/errors.h>

#include <cmath>

#include "base/option_text.h"

namespace cebm {

namespace {

constexpr const char* kOfWeightsAlone = "sampling";  // a part that only checkpoints of weights alone have
constexpr const char* kObjectivePart = "objective";
constexpr const char* kRollbacks = "rollbacks";

/// The values of the part `name`; an empty object if there is no such part.
nlohmann::json values_of(const Checkpoint& checkpoint, const std::string& name) {
  const auto part = checkpoint.parts.find(name);
  return part == checkpoint.parts.end() ? nlohmann::json::object() : part->second.values;
}

}  // namespace

void scale_sampler(Choice<SamplerEntry>& sampler, const GuardOptions& guard, std::uint64_t attempt) {
  if (attempt == 0 || guard.sampler_step_scale == 1.0) return;
  const double factor = std::pow(guard.sampler_step_scale, static_cast<double>(attempt));
  if (dynamic_cast<SamplerOptions&>(sampler.options()).scale_step_size(factor)) return;
  throw ConfigError("guard.sampler_step_scale: expected 1, for the sampler '" + sampler.name() +
                    "' has no step size, found " + number_text(guard.sampler_step_scale));
}

std::uint64_t attempt_of(const Checkpoint& checkpoint) {
  for (const char* part : {"progress", kOfWeightsAlone}) {
    const nlohmann::json values = values_of(checkpoint, part);
    if (values.contains(kRollbacks)) return values.at(kRollbacks).at("attempt").get<std::uint64_t>();
  }
  return 0;
}

State objective_state(const Checkpoint& checkpoint) {
  if (const auto whole = checkpoint.parts.find(kObjectivePart); whole != checkpoint.parts.end()) return whole->second;
  State state;
  const nlohmann::json kept = values_of(checkpoint, kOfWeightsAlone);
  if (kept.contains(kObjectivePart)) state.values = kept.at(kObjectivePart);
  return state;
}

State state_of_chains(const OpenedRun& run) {
  return run.config->objective_options().state_of_chains(objective_state(run.checkpoint));
}

void keep_sampler_state(const Checkpoint& whole, Checkpoint& alone) {
  alone.parts[kOfWeightsAlone].values = {{kRollbacks, {{"attempt", attempt_of(whole)}}},
                                         {kObjectivePart, objective_state(whole).values}};
}

}  // namespace cebm
