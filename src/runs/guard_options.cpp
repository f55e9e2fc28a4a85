#include <cebm/guard.h>

namespace cebm {

double GuardOptions::limit(const Watch& watch) const {
  const auto set = limits.find(watch.key);
  return set == limits.end() ? watch.limit : set->second;
}

void GuardOptions::fields(Fields& visit, const std::vector<Metric>& metrics, bool has_sampler) {
  static constexpr std::pair<const char*, GuardPolicy> policies[] = {
      {"off", GuardPolicy::off}, {"stop", GuardPolicy::stop}, {"rollback", GuardPolicy::rollback}};
  visit.harmless([&] {
    visit.enumeration<GuardPolicy>("policy", policy, policies,
                                   "on divergence: nothing is watched; stop with exit code 3; or go back to a good "
                                   "checkpoint and on with fresh random numbers and smaller steps");
    visit.when({policy != GuardPolicy::off, "policy: stop or rollback"}, [&] {
      bool means = false;
      for (const Metric& metric : metrics) {
        for (const Watch& watch : metric.watches) {
          double set = limit(watch);
          visit.real(watch.key.c_str(), set, watch.range, watch.help.c_str());
          if (set != limit(watch)) limits[watch.key] = set;
          means = means || watch.of != Watch::Of::value;
        }
      }
      if (means) {
        visit.integer("drift_window", drift_window, {1, 100000000}, "gradient steps of the running means");
      }
      visit.real("max_gradient_norm", max_gradient_norm, {0.0, 1e30},
                 "limit on a step's gradient norm before clipping; 0: none");
      visit.integer("margin", margin, {0, 100000000},
                    "a checkpoint is good if it is this many steps older than the finding");
    });
    visit.when({policy == GuardPolicy::rollback, "policy: rollback"}, [&] {
      visit.integer("max_rollbacks", max_rollbacks, {1, 1000}, "rollbacks in the whole run before it stops after all");
    });
  });
  // Under every policy, and not harmless: a run that has rolled back continues with steps scaled by these factors.
  visit.real("learning_rate_scale", learning_rate_scale, {1e-6, 1.0}, "factor of the learning rate at each rollback");
  if (has_sampler) {
    visit.real(
        "sampler_step_scale", sampler_step_scale, {1e-6, 1.0},
        "factor of the sampler's step size at each rollback; a sampler that adapts its step size goes on from there");
  }
}

}  // namespace cebm
