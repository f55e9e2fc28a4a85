// An attempt at a training: what a rollback changes, builds anew, and where it goes.
#pragma once

#include <cebm/run.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "train/guard.h"
#include "train/learner.h"

namespace cebm {

/// The configuration by which a run goes on after `attempt` rollbacks; 0 is the configuration itself. The seed becomes
/// another one, the learning rate is multiplied by guard.learning_rate_scale^attempt, the sampler's step size by
/// guard.sampler_step_scale^attempt. A pure function: a resumed run finds the same again.
/// Throws ConfigError if the sampler has no step size to be scaled.
RunConfig config_of_attempt(const RunConfig& config, std::uint64_t attempt);

/// All that a rollback builds anew: model, random numbers and step sizes as at step 0.
struct Attempt {
  Attempt(const RunConfig& config, std::uint64_t number, const std::shared_ptr<Dataset>& data, torch::Device device,
          const std::function<void(Model&)>& initialize, const std::shared_ptr<Ranks>& ranks = single_rank());
  /// Throws CheckpointError.
  void load(const Checkpoint& checkpoint);

  RunConfig config;
  Learner learner;
  BatchSource source;
  Guard guard;
};

/// The rollbacks that led to where a run is; part of a checkpoint.
struct RollbackHistory {
  std::uint64_t attempt = 0;      ///< rollbacks so far
  std::uint64_t last_found = 0;   ///< step of the last finding
  std::uint64_t last_target = 0;  ///< where the last rollback went

  nlohmann::json save() const;
  static RollbackHistory load(const nlohmann::json& state);
};

/// Which of the checkpoints at `steps` (ascending) to go back to from a finding at step `found`: the newest that is at
/// least `margin` steps older; if the last finding is not left behind by two margins, the last rollback did not help,
/// and it is one older than its target; failing that, the oldest. Nothing if there is none.
std::optional<std::uint64_t> rollback_target(const std::vector<std::uint64_t>& steps, std::uint64_t found,
                                             std::uint64_t margin, const RollbackHistory& history);

}  // namespace cebm
