// What a checkpoint, whole or of weights alone, knows about the sampler that moved the run's chains.
#pragma once

#include <cebm/run.h>

#include <cstdint>

namespace cebm {

/// Multiplies the sampler's step size by guard.sampler_step_scale^attempt, as after `attempt` rollbacks.
/// Throws ConfigError if it has no step size to be scaled.
void scale_sampler(Choice<SamplerEntry>& sampler, const GuardOptions& guard, std::uint64_t attempt);

/// Rollbacks before the checkpoint.
std::uint64_t attempt_of(const Checkpoint& checkpoint);

/// The state of the objective: without tensors, and so without chains, from weights alone; empty where the checkpoint
/// has none.
State objective_state(const Checkpoint& checkpoint);

/// The state of the replay buffer and the sampler within it; empty if the objective saved none.
State state_of_chains(const OpenedRun& run);

/// Adds to `alone` what attempt_of() and objective_state() read from weights alone, taken from `whole`.
void keep_sampler_state(const Checkpoint& whole, Checkpoint& alone);

}  // namespace cebm
