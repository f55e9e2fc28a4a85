// An attempt at a training: what a rollback changes and rebuilds, and which checkpoint it returns to.
#pragma once

#include <cebm/run.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "train/guard.h"
#include "train/learner.h"

namespace cebm {

/// The configuration with which a run continues after `attempt` rollbacks; `config` itself for 0. The seed is replaced,
/// the learning rate multiplied by guard.learning_rate_scale^attempt, the sampler's step size by
/// guard.sampler_step_scale^attempt. A pure function, so a resumed run gets the same configuration.
/// Throws ConfigError if the sampler has no step size to be scaled.
RunConfig config_of_attempt(const RunConfig& config, std::uint64_t attempt);

/// Everything that a rollback rebuilds: model, random numbers and step sizes as at step 0.
struct Attempt {
  Attempt(const RunConfig& config, std::uint64_t number, const std::shared_ptr<Dataset>& data, torch::Device device,
          const std::function<void(Model&)>& initialize, const std::shared_ptr<Ranks>& ranks = single_rank());
  /// Throws CheckpointError; `anew` as in Learner::load().
  void load(const Checkpoint& checkpoint, const StartAnew& anew = {});

  RunConfig config;
  Learner learner;
  BatchSource source;
  Guard guard;
};

/// The rollbacks of a run so far; part of a checkpoint.
struct RollbackHistory {
  std::uint64_t attempt = 0;      ///< rollbacks so far
  std::uint64_t last_found = 0;   ///< step of the last finding
  std::uint64_t last_target = 0;  ///< step of the checkpoint that the last rollback returned to

  nlohmann::json save() const;
  static RollbackHistory load(const nlohmann::json& state);
};

/// Chooses the checkpoint to roll back to from a finding at step `found`, among those at `steps` (ascending): the
/// newest that is at least `margin` steps older. If `found` is at most two margins after the last finding, the last
/// rollback did not help, and the choice must be older than its target. Falls back to the oldest; nothing if `steps` is
/// empty.
std::optional<std::uint64_t> rollback_target(const std::vector<std::uint64_t>& steps, std::uint64_t found,
                                             std::uint64_t margin, const RollbackHistory& history);

}  // namespace cebm
