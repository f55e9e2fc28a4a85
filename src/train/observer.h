// Observers: what a training does between gradient steps, such as writing metrics, samples and reports.
#pragma once

#include <cebm/metric.h>
#include <cebm/trainer.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "train/attempt.h"
#include "train/guard.h"

namespace cebm {

/// Where a training stands after a gradient step.
struct StepState {
  std::uint64_t step = 0;   ///< gradient steps done
  std::uint64_t steps = 0;  ///< of the whole training
  bool stops = false;       ///< the process stops after this step, before the last one
  bool save_asked = false;  ///< a checkpoint was requested

  bool is_last() const { return step == steps; }
  bool is_due(std::int64_t every) const { return step % static_cast<std::uint64_t>(every) == 0; }
};

class Observer {
 public:
  virtual ~Observer() = default;
  /// Called before the first step of this process and after a rollback; `step` gradient steps are done. `progress` is
  /// the part "progress" of the checkpoint from which the training continues; an empty object without one. `attempt`
  /// stays valid until the next call.
  virtual void begin(Attempt& attempt, std::uint64_t step, const nlohmann::json& progress) = 0;
  /// Whether look() needs the attempt as it is after this step, and not a step later.
  virtual bool reads_attempt(const StepState& state) const {
    (void)state;
    return false;
  }
  /// Called with the metrics of every gradient step, unless an observer before it has found divergence. The next step
  /// has been made by then (on a GPU: has been launched), except where any observer reads the attempt, a checkpoint is
  /// due or the training stops.
  virtual std::optional<Finding> look(const StepState& state, const NamedValues& values) = 0;
  /// Called with every row of metrics once it is written, before the guard checks it.
  virtual void hear(const MetricsRow& row) { (void)row; }
  /// Adds the observer's state to the part "progress" of the next checkpoint.
  virtual void save(nlohmann::json& progress) const { (void)progress; }
  /// Makes what it has written durable. Throws IoError.
  virtual void sync() {}
};

}  // namespace cebm
