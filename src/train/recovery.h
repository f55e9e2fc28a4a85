// What follows when the guard has found divergence.
#pragma once

#include <optional>

#include "runs/event_log.h"
#include "train/attempt.h"
#include "train/session.h"

namespace cebm {

class Recovery {
 public:
  explicit Recovery(TrainSession& session) : session_(session) {}

  /// What a rollback does not undo: the rollbacks themselves and their events. `progress` is of the checkpoint that a
  /// run is resumed from.
  void load(const nlohmann::json& progress);
  void save(nlohmann::json& progress) const;
  /// Opens events.csv, which is rank 0's.
  void open();
  void sync() {
    if (events_) events_->sync();
  }

  /// Rollbacks so far.
  std::uint64_t attempt() const { return history_.attempt; }
  /// The checkpoint to go on from after a finding at gradient step `step`. Throws NumericsError, with what to change,
  /// if the guard may not roll back (again).
  Checkpoint roll_back(const Finding& finding, std::uint64_t step);

 private:
  [[noreturn]] void diverged(const Finding& finding, std::uint64_t step) const;
  void record(const Finding& finding, std::uint64_t step, const std::string& kind, std::optional<std::uint64_t> to);

  TrainSession& session_;
  RollbackHistory history_;
  std::uint64_t event_rows_ = 0;    ///< when the checkpoint was written
  std::optional<EventLog> events_;  ///< rank 0's
};

}  // namespace cebm
