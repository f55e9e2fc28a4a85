#include <cebm/guard.h>

namespace cebm {

void GuardOptions::fields(Fields& visit) {
  static constexpr std::pair<const char*, GuardPolicy> policies[] = {
      {"off", GuardPolicy::off}, {"stop", GuardPolicy::stop}, {"rollback", GuardPolicy::rollback}};
  visit.harmless([&] {
    visit.enumeration<GuardPolicy>("policy", policy, policies,
                                   "on divergence: nothing is watched; stop with exit code 3; or go back to a good "
                                   "checkpoint and on with fresh random numbers and smaller steps");
    visit.real("max_energy_gap", max_energy_gap, {0.0, 1e30},
               "limit on |energy_data - energy_model| of a step; 0: none");
    visit.real(
        "max_gap_drift", max_gap_drift, {0.0, 1e30},
        "limit on the difference between the mean gaps of the last drift_window and 10 drift_window steps; 0: none");
    visit.integer("drift_window", drift_window, {1, 100000000}, "gradient steps, see max_gap_drift");
    visit.real("max_gradient_norm", max_gradient_norm, {0.0, 1e30},
               "limit on a step's gradient norm before clipping; 0: none");
    visit.real("max_pixels_saturated", max_pixels_saturated, {0.0, 1.0},
               "limit on the share of the chains' pixels at or beyond the edge of [-1, 1]; 1: none");
    visit.real("max_buffer_dead", max_buffer_dead, {0.0, 1.0},
               "limit on the share of the buffer's chains that are flat or have every pixel at the edge; 1: none");
    visit.integer("margin", margin, {0, 100000000},
                  "a checkpoint is good if it is this many steps older than the finding");
    visit.integer("max_rollbacks", max_rollbacks, {1, 1000}, "rollbacks in the whole run before it stops after all");
  });
  visit.real("learning_rate_scale", learning_rate_scale, {1e-6, 1.0}, "factor of the learning rate at each rollback");
  visit.real("sampler_step_scale", sampler_step_scale, {1e-6, 1.0}, "factor of sampler.alpha at each rollback");
}

}  // namespace cebm
