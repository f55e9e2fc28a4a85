// The divergence guard: checks every metric against the limits that it declares.
#pragma once

#include <cebm/checkpoint.h>
#include <cebm/guard.h>
#include <cebm/metric.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace cebm {

/// A quantity that is out of bounds.
struct Finding {
  std::string quantity;
  double value = 0.0;
  std::optional<double> limit = {};  ///< none: the value is not finite
  std::string setting = {};          ///< that sets the limit
  std::string advice = {};           ///< what to change; empty if the quantity declares no advice
  std::string describe() const;      ///< "energy_gap is 12 (limit 10, guard.max_energy_gap)"
};

/// Checks the values of one metric against one of its watches (metric.h).
class Watcher {
 public:
  /// `section` of the configuration has the limit, under the watch's key.
  Watcher(std::string metric, Watch watch, double limit, std::int64_t window, const std::string& section = "guard");
  /// Checks the next value; returns a finding if it, or a running mean, is out of bounds.
  std::optional<Finding> look(double value);
  const std::string& metric() const { return metric_; }
  const std::string& key() const { return watch_.key; }
  bool has_memory() const { return watch_.of != Watch::Of::value; }

  /// The running means; part of a checkpoint. load() ignores state that was saved with another window.
  nlohmann::json save() const;
  void load(const nlohmann::json& state);

 private:
  std::string metric_;
  Watch watch_;
  double limit_;
  std::int64_t window_;
  std::string setting_;
  std::int64_t seen_ = 0;
  double mean_ = 0.0;
  double slow_mean_ = 0.0;  ///< over ten windows
};

class Guard {
 public:
  /// `metrics` are the objective's; `norms` names the gradient norms, which guard.max_gradient_norm limits.
  Guard(const GuardOptions& options, double max_energy, const std::vector<Metric>& metrics,
        const std::vector<std::string>& norms);

  /// Check the metrics of one gradient step, a row of metrics, or all tensors of a checkpoint; return the first
  /// finding.
  std::optional<Finding> look_at_step(const NamedValues& values) { return look(step_watchers_, values); }
  std::optional<Finding> look_at_row(const NamedValues& values) { return look(row_watchers_, values); }
  std::optional<Finding> look_at_state(const Checkpoint& checkpoint) const;

  nlohmann::json save() const;
  /// Watchers that the state lacks keep their initial values.
  void load(const nlohmann::json& state);

 private:
  std::optional<Finding> look(std::vector<Watcher>& watchers, const NamedValues& values) const;

  bool on_;
  std::vector<Watcher> step_watchers_;
  std::vector<Watcher> row_watchers_;
};

}  // namespace cebm
