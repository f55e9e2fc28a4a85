#include <cebm/sampler.h>

namespace cebm {

Registry<SamplerEntry> built_in_samplers() {
  Registry<SamplerEntry> registry("sampler");
  registry.add(make_entry<SgldOptions, SamplerEntry>(
      "sgld", "stochastic gradient Langevin dynamics (Welling and Teh 2011; paper, Algorithm 1)",
      "{steps: 5, alpha: 0.075, noise: sqrt_alpha}", [](const SgldOptions& options) { return make_sgld(options); }));
  return registry;
}

}  // namespace cebm
