/// Watching a training for divergence, and what is done about it.
#pragma once

#include <cebm/options.h>

#include <cstdint>

namespace cebm {

/// What follows when the guard finds something.
///   off:      nothing is watched
///   stop:     the training ends with NumericsError; earlier checkpoints stay
///   rollback: it goes back to a checkpoint from before and goes on with fresh random numbers and smaller steps
enum class GuardPolicy { off, stop, rollback };

/// Limits of what a healthy training shows. Every step: all loss terms, gradient norms and the norm of the weights are
/// finite, loss terms stay within train.max_energy, and the limits on gap, drift, gradient norm and, as means over
/// about drift_window steps, on the chains' range and the gap's share of its bound hold. At every row of metrics.csv:
/// the limits on the chains. A checkpoint is written only if everything in it is finite. A quantity that the objective
/// does not have is not watched.
struct GuardOptions final : Options {
  GuardPolicy policy = GuardPolicy::stop;
  double max_energy_gap = 1e4;      ///< on |energy_data - energy_model|; 0: none
  double max_gap_drift = 0.0;       ///< on |mean gap of ~drift_window steps - of ~10 drift_window|; 0: none
  std::int64_t drift_window = 100;  ///< gradient steps; also of the means below
  double max_chain_rms = 1.5;      ///< on the mean root mean square of the chains' pixels, 1 at most in images; 0: none
  double max_gap_of_bound = 0.9;   ///< on the mean gap as a share of the penalty's bound, see losses.h; 0: none
  double max_gradient_norm = 0.0;  ///< before clipping; 0: none
  double max_pixels_saturated = 1.0;  ///< share of the drawn chains' pixels at or beyond the edge of [-1, 1]
  double max_buffer_dead = 0.5;       ///< share of the buffer's chains that are flat or saturated everywhere
  std::int64_t margin = 100;          ///< steps by which a checkpoint must precede the finding to count as good
  std::int64_t max_rollbacks = 5;     ///< in the whole run
  double learning_rate_scale = 0.5;   ///< factor of train.optimizer.learning_rate at each rollback
  double sampler_step_scale = 1.0;    ///< factor of sampler.alpha at each rollback
  void fields(Fields& visit) override { fields(visit, {}); }
  /// The same beside an objective that may have no chains.
  void fields(Fields& visit, const Condition& chains);
};

}  // namespace cebm
