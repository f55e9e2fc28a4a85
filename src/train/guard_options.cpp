#include <cebm/guard.h>

namespace cebm {

void GuardOptions::fields(Fields& visit, const Condition& chains) {
  static constexpr std::pair<const char*, GuardPolicy> policies[] = {
      {"off", GuardPolicy::off}, {"stop", GuardPolicy::stop}, {"rollback", GuardPolicy::rollback}};
  visit.harmless([&] {
    visit.enumeration<GuardPolicy>("policy", policy, policies,
                                   "on divergence: nothing is watched; stop with exit code 3; or go back to a good "
                                   "checkpoint and on with fresh random numbers and smaller steps");
    visit.when({policy != GuardPolicy::off, "policy: stop or rollback"}, [&] {
      visit.when(chains, [&] {
        visit.real("max_energy_gap", max_energy_gap, {0.0, 1e30},
                   "limit on |energy_data - energy_model| of a step; 0: none");
        visit.real("max_gap_drift", max_gap_drift, {0.0, 1e30},
                   "limit on the difference between the mean gaps of the last drift_window and 10 drift_window steps; "
                   "0: none");
        visit.integer("drift_window", drift_window, {1, 100000000},
                      "gradient steps of max_gap_drift, max_chain_rms and max_gap_of_bound");
        visit.real(
            "max_chain_rms", max_chain_rms, {0.0, 1e30},
            "limit on the root mean square of the chains' pixels, mean of about drift_window steps; images have at "
            "most 1, chains above it have left [-1, 1]; 0: none");
        visit.real(
            "max_gap_of_bound", max_gap_of_bound, {0.0, 1.0},
            "limit on the gap as a share of the bound that energy_l2 sets, mean of about drift_window steps: at 1 "
            "data and chains are as far apart as they can be and nothing is learned; 0: none");
      });
      visit.real("max_gradient_norm", max_gradient_norm, {0.0, 1e30},
                 "limit on a step's gradient norm before clipping; 0: none");
      visit.when(chains, [&] {
        visit.real("max_pixels_saturated", max_pixels_saturated, {0.0, 1.0},
                   "limit on the share of the chains' pixels at or beyond the edge of [-1, 1]; 1: none");
        visit.real("max_buffer_dead", max_buffer_dead, {0.0, 1.0},
                   "limit on the share of the buffer's chains that are flat or have every pixel at the edge; 1: none");
      });
      visit.integer("margin", margin, {0, 100000000},
                    "a checkpoint is good if it is this many steps older than the finding");
    });
    visit.when({policy == GuardPolicy::rollback, "policy: rollback"}, [&] {
      visit.integer("max_rollbacks", max_rollbacks, {1, 1000}, "rollbacks in the whole run before it stops after all");
    });
  });
  // Whatever the policy: a run that has rolled back goes on with what they made of its steps.
  visit.real("learning_rate_scale", learning_rate_scale, {1e-6, 1.0}, "factor of the learning rate at each rollback");
  visit.when(chains, [&] {
    visit.real("sampler_step_scale", sampler_step_scale, {1e-6, 1.0}, "factor of sampler.alpha at each rollback");
  });
}

}  // namespace cebm
