// Handles divergence found by the guard: records it, then rolls back or ends the training.
#pragma once

#include <optional>

#include "runs/event_log.h"
#include "train/attempt.h"
#include "train/session.h"

namespace cebm {

class Recovery {
 public:
  explicit Recovery(TrainSession& session) : session_(session) {}

  /// State that a rollback does not undo: the history of rollbacks and the rows of events.csv. `progress` is the part
  /// "progress" of the checkpoint from which the run resumes.
  void load(const nlohmann::json& progress);
  void save(nlohmann::json& progress) const;
  /// Opens events.csv on rank 0.
  void open();
  void sync() {
    if (events_) events_->sync();
  }

  /// Rollbacks so far.
  std::uint64_t attempt() const { return history_.attempt; }
  /// Records a finding at gradient step `step` and returns the checkpoint from which to continue. Throws NumericsError
  /// with advice if the guard may not roll back (again) or no checkpoint is left.
  Checkpoint roll_back(const Finding& finding, std::uint64_t step);

 private:
  [[noreturn]] void diverged(const Finding& finding, std::uint64_t step) const;
  void record(const Finding& finding, std::uint64_t step, const std::string& kind, std::optional<std::uint64_t> to);

  TrainSession& session_;
  RollbackHistory history_;
  std::uint64_t event_rows_ = 0;    ///< rows of events.csv when the checkpoint was written
  std::optional<EventLog> events_;  ///< on rank 0 only
};

}  // namespace cebm
