#include <cebm/sampler.h>

namespace cebm {

Registry<SamplerEntry> built_in_samplers() {
  Registry<SamplerEntry> registry("sampler");
  registry.add(make_entry<SgldOptions, SamplerEntry>(
      "sgld", "stochastic gradient Langevin dynamics (Welling and Teh 2011; paper, Algorithm 1)",
      "{steps: 5, alpha: 0.075, noise: sqrt_alpha}", [](const SgldOptions& options) { return make_sgld(options); }));
  registry.add(make_entry<MalaOptions, SamplerEntry>(
      "mala", "Metropolis-adjusted Langevin algorithm (Roberts and Tweedie 1996)",
      "{steps: 5, alpha: 0.2, boundary: none}", [](const MalaOptions& options) { return make_mala(options); }));
  registry.add(make_entry<HmcOptions, SamplerEntry>("hmc", "Hamiltonian Monte Carlo (Duane et al. 1987; Neal 2011)",
                                                    "{steps: 2, leapfrogs: 3, step_size: 0.3}",
                                                    [](const HmcOptions& options) { return make_hmc(options); }));
  return registry;
}

}  // namespace cebm
