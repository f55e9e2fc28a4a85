// The directory of a training and what is read before its first step.
#pragma once

#include <cebm/errors.h>
#include <cebm/trainer.h>

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "train/checkpoint_keeper.h"
#include "train/run_lock.h"

namespace cebm {

class TrainSession {
 public:
  /// Locks the directory, finds the checkpoint to go on from if the plan says so, reads initial weights and data, and
  /// refuses a configuration or images that are not the run's. Throws as train().
  TrainSession(const RunConfig& config, const TrainPlan& plan, const TrainCallbacks& callbacks);

  const RunConfig& config() const { return config_; }
  const TrainPlan& plan() const { return plan_; }
  const std::filesystem::path& directory() const { return plan_.directory; }
  CheckpointKeeper& checkpoints() { return keeper_; }
  const CheckpointKeeper& checkpoints() const { return keeper_; }
  const std::shared_ptr<Dataset>& dataset() const { return dataset_; }
  /// What the training images are, wherever they lie.
  const nlohmann::json& images() const { return images_; }
  /// Puts the initial weights that the plan names into a model; empty where it names none.
  const std::function<void(Model&)>& initialize() const { return initialize_; }
  /// The checkpoint to go on from, once; nothing for a new run.
  std::optional<Checkpoint> take_checkpoint() { return std::exchange(resumed_, std::nullopt); }

  /// Frees the directory of a new run that failed at its first step, so that the next try finds it as this one did.
  /// False if it was not new, or more than one step or an `attempt` was made.
  bool withdraw(std::uint64_t step, std::uint64_t attempt) const;

  Ranks& ranks() const { return *plan_.ranks; }
  /// Whether this process writes the directory's files: rank 0.
  bool leads() const { return ranks().leads(); }

  void message(const std::string& text) const {
    if (callbacks_.on_message) callbacks_.on_message(text);
  }
  void warn(const std::string& text) const {
    message("warning: " + text);
    if (warnings_.size() < kWarningsKept) warnings_.push_back(text);
  }
  /// The first ones of this process.
  const std::vector<std::string>& warnings() const { return warnings_; }
  /// checkpoint.on_failure decides whether an IoError of `write`, which rank 0 calls, ends the training or becomes a
  /// warning.
  void try_to_write(const std::string& what, const std::function<void()>& write) const;
  /// The same for what this rank writes by itself, or all write together, each in the same way.
  void write_or_warn(const std::string& what, const std::function<void()>& write) const;

 private:
  std::optional<Checkpoint> find_checkpoint();

  const RunConfig& config_;
  const TrainPlan& plan_;
  const TrainCallbacks& callbacks_;
  std::optional<Lock> lock_;  ///< rank 0's
  bool is_new_;               ///< the directory held no run before
  CheckpointKeeper keeper_;
  std::optional<Checkpoint> resumed_;
  std::function<void(Model&)> initialize_;
  std::shared_ptr<Dataset> dataset_;
  nlohmann::json images_;
  static constexpr std::size_t kWarningsKept = 20;
  mutable std::vector<std::string> warnings_;
};

}  // namespace cebm
