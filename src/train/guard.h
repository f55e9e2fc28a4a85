// The divergence guard: holds every metric to the limits that it declares.
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
  std::optional<double> limit = {};  ///< none: it had to be finite
  std::string advice = {};           ///< what to change, where the quantity tells; may be empty
  std::string describe() const;      ///< "energy_gap is 12 (limit 10)"
};

/// Holds the values of one metric to one of its watches (metric.h).
class Watcher {
 public:
  Watcher(std::string metric, Watch watch, double limit, std::int64_t window);
  /// Looks at the next value.
  std::optional<Finding> look(double value);
  const std::string& metric() const { return metric_; }
  const std::string& key() const { return watch_.key; }
  bool has_memory() const { return watch_.of != Watch::Of::value; }

  /// The running means; part of a checkpoint. State of another window is left out.
  nlohmann::json save() const;
  void load(const nlohmann::json& state);

 private:
  std::string metric_;
  Watch watch_;
  double limit_;
  std::int64_t window_;
  std::int64_t seen_ = 0;
  double mean_ = 0.0;
  double slow_mean_ = 0.0;  ///< of ten windows
};

class Guard {
 public:
  /// `metrics` are the objective's, `norms` the names of the gradient norms, which the guard's own option limits.
  Guard(const GuardOptions& options, double max_energy, const std::vector<Metric>& metrics,
        const std::vector<std::string>& norms);

  /// What is wrong with the values of one gradient step, a row of metrics, or all that a checkpoint holds.
  std::optional<Finding> look_at_step(const NamedValues& values) { return look(step_watchers_, values); }
  std::optional<Finding> look_at_row(const NamedValues& values) { return look(row_watchers_, values); }
  std::optional<Finding> look_at_state(const Checkpoint& checkpoint) const;

  nlohmann::json save() const;
  /// What the state does not have starts anew.
  void load(const nlohmann::json& state);

 private:
  std::optional<Finding> look(std::vector<Watcher>& watchers, const NamedValues& values) const;

  bool on_;
  std::vector<Watcher> step_watchers_;
  std::vector<Watcher> row_watchers_;
};

}  // namespace cebm
