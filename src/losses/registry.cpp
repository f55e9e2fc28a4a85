#include <cebm/objective.h>

namespace cebm {

namespace {

ObjectiveEntry without_chains(ObjectiveEntry row) {
  row.trains_energy = row.keeps_chains = false;
  return row;
}

}  // namespace

Registry<ObjectiveEntry> built_in_objectives() {
  Registry<ObjectiveEntry> registry("objective");
  registry.add(make_entry<PcdOptions, ObjectiveEntry>("pcd", "persistent contrastive divergence (paper, Algorithm 1)",
                                                      "energy_l2: 0.1", make_pcd));
  registry.add(without_chains(make_entry<ElboOptions, ObjectiveEntry>(
      "elbo", "evidence lower bound of a VAE (paper, Eq. 13)", "{samples: 2, kl_warmup_steps: 10}", make_elbo)));
  registry.add(without_chains(make_entry<BiganOptions, ObjectiveEntry>(
      "bigan", "the two-player game of a BiGAN (Donahue et al. 2016)", "image_noise_std: 0.1", make_bigan)));
  return registry;
}

}  // namespace cebm
