#include <cebm/objective.h>

namespace cebm {

Registry<ObjectiveEntry> built_in_objectives() {
  Registry<ObjectiveEntry> registry("objective");
  registry.add(make_entry<PcdOptions, ObjectiveEntry>("pcd", "persistent contrastive divergence (paper, Algorithm 1)",
                                                      "energy_l2: 0.1", make_pcd));
  return registry;
}

}  // namespace cebm
