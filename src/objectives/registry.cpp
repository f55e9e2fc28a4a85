#include <cebm/objective.h>

namespace cebm {

namespace {

/// A row that cannot be a term of a sum.
ObjectiveEntry alone(ObjectiveEntry row) {
  row.is_term = false;
  return row;
}

}  // namespace

Registry<ObjectiveEntry> built_in_objectives() {
  Registry<ObjectiveEntry> registry("objective");
  registry.add(make_entry<PcdOptions, ObjectiveEntry>("pcd", "persistent contrastive divergence (paper, Algorithm 1)",
                                                      "energy_l2: 0.1", make_pcd));
  registry.add(make_entry<PairOptions, ObjectiveEntry>(
      "pair", "contrastive objective of two views of an image that share a latent code", "views: {rotation: 5}",
      make_pair_objective));
  registry.add(make_entry<DsmOptions, ObjectiveEntry>("dsm", "denoising score matching without second derivatives",
                                                      "{sigma_min: 0.2, sigma_max: 0.4}", make_dsm));
  registry.add(make_entry<LabelsOptions, ObjectiveEntry>("labels", "cross-entropy of the labels under p(y | x)", "{}",
                                                         make_labels_objective));
  registry.add(make_entry<JemOptions, ObjectiveEntry>(
      "jem", "joint energy-based model: PCD and the labels' cross-entropy (Grathwohl et al. 2020)",
      "{label_weight: 0.5, energy_l2: 0.1}", make_jem));
  registry.add(alone(make_entry<SumOptions, ObjectiveEntry>("sum", "weighted sum of other objectives",
                                                            "{pcd: {weight: 1}, pair: {weight: 0.5}}", make_sum)));
  registry.add(make_entry<ElboOptions, ObjectiveEntry>("elbo", "evidence lower bound of a VAE (paper, Eq. 13)",
                                                       "{samples: 2, kl_warmup_steps: 10}", make_elbo));
  registry.add(alone(make_entry<BiganOptions, ObjectiveEntry>(
      "bigan", "the two-player game of a BiGAN (Donahue et al. 2016)", "image_noise_std: 0.1", make_bigan)));
  return registry;
}

}  // namespace cebm
