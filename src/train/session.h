// The directory of a training and what is read before its first step.
#pragma once

#include <cebm/errors.h>
#include <cebm/run_report.h>
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
  /// Locks the directory, loads the checkpoint to resume from if the plan asks for it, reads initial weights and data,
  /// and rejects a configuration or data that differ from the run's. Throws as train() does.
  TrainSession(const RunConfig& config, const TrainPlan& plan, const TrainCallbacks& callbacks);

  const RunConfig& config() const { return config_; }
  const TrainPlan& plan() const { return plan_; }
  const std::filesystem::path& directory() const { return plan_.directory; }
  CheckpointKeeper& checkpoints() { return keeper_; }
  const CheckpointKeeper& checkpoints() const { return keeper_; }
  const std::shared_ptr<Dataset>& dataset() const { return dataset_; }
  /// Number and checksums of the training data (data_of in resume.h).
  const nlohmann::json& data() const { return data_; }
  /// Copies the initial weights that the plan names into a model; empty if it names none.
  const std::function<void(Model&)>& initialize() const { return initialize_; }
  /// Moves out the checkpoint to resume from; nothing for a new run and from the second call on.
  std::optional<Checkpoint> take_checkpoint() { return std::exchange(resumed_, std::nullopt); }

  /// Rank 0 removes the files of a new run that failed at its first step, so that the next try can start in the
  /// directory. Returns whether it did: not for a resumed run, after more than one step or a rollback (`attempt` > 0),
  /// or if there is a checkpoint of step 1.
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
  /// The first kWarningsKept warnings of this process.
  const std::vector<std::string>& warnings() const { return warnings_; }
  /// Calls `write` on rank 0. If it throws IoError, checkpoint.on_failure decides whether all ranks throw it or warn.
  void try_to_write(const std::string& what, const std::function<void()>& write) const;
  /// The same, but calls `write` on this rank: for a file of one rank, or one that all ranks write together.
  void write_or_warn(const std::string& what, const std::function<void()>& write) const;
  /// Writes report.html. A file of the directory that the page cannot be made from is no reason to end a training: it
  /// becomes a warning. Throws IoError.
  void write_page(const std::optional<TrainingStatus>& status) const;

 private:
  /// Throws ConfigError if the directory holds what this training may not touch.
  void require_place() const;
  std::optional<Checkpoint> find_checkpoint();

  const RunConfig& config_;
  const TrainPlan& plan_;
  const TrainCallbacks& callbacks_;
  std::optional<Lock> lock_;  ///< on rank 0 only
  bool is_new_;               ///< the directory held no run before
  CheckpointKeeper keeper_;
  std::optional<Checkpoint> resumed_;
  std::function<void(Model&)> initialize_;
  std::shared_ptr<Dataset> dataset_;
  nlohmann::json data_;
  static constexpr std::size_t kWarningsKept = 20;
  mutable std::vector<std::string> warnings_;
};

}  // namespace cebm
