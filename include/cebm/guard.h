/// Watching a training for divergence, and what is done about it.
#pragma once

#include <cebm/metric.h>
#include <cebm/options.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cebm {

/// What follows when the guard finds something.
///   off:      nothing is watched
///   stop:     the training ends with NumericsError; earlier checkpoints stay
///   rollback: it goes back to a checkpoint from before and goes on with fresh random numbers and smaller steps
enum class GuardPolicy { off, stop, rollback };

/// Limits of what a healthy training shows. Every step: all metrics of a step are finite, those of the objective stay
/// within train.max_energy, the gradient norm within max_gradient_norm, and all within the limits that they declare
/// (metric.h). Every row of metrics.csv: the same of the metrics of a row. A checkpoint is written only if everything
/// in it is finite.
struct GuardOptions final : Options {
  GuardPolicy policy = GuardPolicy::stop;
  std::map<std::string, double> limits;  ///< by the key of a watch; those that are not here have their defaults
  std::int64_t drift_window = 100;       ///< gradient steps of running means
  double max_gradient_norm = 0.0;        ///< before clipping; 0: none
  std::int64_t margin = 100;             ///< steps by which a checkpoint must precede the finding to count as good
  std::int64_t max_rollbacks = 5;        ///< in the whole run
  double learning_rate_scale = 0.5;      ///< factor of train.optimizer.learning_rate at each rollback
  double sampler_step_scale = 1.0;       ///< factor of the sampler's step size at each rollback

  double limit(const Watch& watch) const;
  void fields(Fields& visit) override { fields(visit, {}, false); }
  /// The same beside an objective that reports `metrics`, and may have a sampler.
  void fields(Fields& visit, const std::vector<Metric>& metrics, bool has_sampler);
};

}  // namespace cebm
