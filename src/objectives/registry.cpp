#include <cebm/objective.h>

namespace cebm {

Registry<ObjectiveEntry> built_in_objectives() {
  Registry<ObjectiveEntry> registry("objective");
  registry.add(make_entry<PcdOptions, ObjectiveEntry>("pcd", "persistent contrastive divergence (paper, Algorithm 1)",
                                                      "energy_l2: 0.1", make_pcd));
  registry.add(make_entry<ElboOptions, ObjectiveEntry>("elbo", "evidence lower bound of a VAE (paper, Eq. 13)",
                                                       "{samples: 2, kl_warmup_steps: 10}", make_elbo));
  registry.add(make_entry<BiganOptions, ObjectiveEntry>("bigan", "the two-player game of a BiGAN (Donahue et al. 2016)",
                                                        "image_noise_std: 0.1", make_bigan));
  return registry;
}

}  // namespace cebm
