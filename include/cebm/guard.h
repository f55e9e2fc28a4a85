/// Watching a training for divergence, and what is done about it.
#pragma once

#include <cebm/metric.h>
#include <cebm/options.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cebm {

/// The reaction to divergence.
///   off:      nothing is watched
///   stop:     the training ends with NumericsError; earlier checkpoints stay
///   rollback: it returns to an earlier checkpoint and continues with fresh random numbers and smaller steps
enum class GuardPolicy { off, stop, rollback };

/// Limits of a healthy training. Every step: all step metrics are finite, those of the objective are at most
/// train.max_energy in size, gradient norms at most max_gradient_norm, and the limits that metrics declare (metric.h)
/// hold. Every row of metrics.csv: the row metrics are finite and their declared limits hold. A checkpoint is written
/// only if everything in it is finite.
struct GuardOptions final : Options {
  GuardPolicy policy = GuardPolicy::stop;
  std::map<std::string, double> limits;  ///< by the key of a watch; missing ones have their default
  std::int64_t drift_window = 100;       ///< gradient steps of running means
  double max_gradient_norm = 0.0;        ///< before clipping; 0: none
  std::int64_t margin = 100;             ///< steps by which a checkpoint must precede the finding to count as good
  std::int64_t max_rollbacks = 5;        ///< in the whole run
  double learning_rate_scale = 0.5;      ///< factor of train.optimizer.learning_rate at each rollback
  double sampler_step_scale = 1.0;       ///< factor of the sampler's step size at each rollback

  double limit(const Watch& watch) const;
  void fields(Fields& visit) override { fields(visit, {}, false); }
  /// The same for an objective that reports `metrics` and may have a sampler.
  void fields(Fields& visit, const std::vector<Metric>& metrics, bool has_sampler);
};

}  // namespace cebm
