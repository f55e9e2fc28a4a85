// What happens beside a training's gradient steps.
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
  NamedValues values;       ///< the metrics of the step
  bool stops = false;       ///< the process ends here, before the training's end
  bool save_asked = false;  ///< somebody wants a checkpoint now

  bool is_last() const { return step == steps; }
  bool is_due(std::int64_t every) const { return step % static_cast<std::uint64_t>(every) == 0; }
};

class Observer {
 public:
  virtual ~Observer() = default;
  /// The training begins or goes on at gradient step `step`, at first and after a rollback, with the part "progress" of
  /// the checkpoint that it goes on from; an empty object where there is none. The attempt outlives what follows.
  virtual void begin(Attempt& attempt, std::uint64_t step, const nlohmann::json& progress) = 0;
  /// Called after every gradient step unless an observer before it has found divergence.
  virtual std::optional<Finding> look(const StepState& state) = 0;
  /// Told of every row of metrics when it is written, before the guard judges it.
  virtual void hear(const MetricsRow& row) { (void)row; }
  /// What it goes on from, for the next checkpoint.
  virtual void save(nlohmann::json& progress) const { (void)progress; }
  /// Makes what it has written durable. Throws IoError.
  virtual void sync() {}
};

}  // namespace cebm
