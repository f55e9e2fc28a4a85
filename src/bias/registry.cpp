#include <cebm/bias.h>
#include <cebm/errors.h>

#include <string>

namespace cebm {

namespace {

/// Unconstrained parameters (mean, log scale) at the start, [L, 2, K]. A single component has no symmetry to break:
/// it starts as the spherical Gaussian.
torch::Tensor initial_components(const GaussianMixtureOptions& options, const BiasContext& context) {
  if (options.smallest_scale > options.largest_scale) {
    throw ConfigError("gaussian_mixture: expected smallest_scale <= largest_scale, found " +
                      std::to_string(options.smallest_scale) + " > " + std::to_string(options.largest_scale));
  }
  const std::vector<std::int64_t> shape{options.components, context.latent_dim};
  torch::Tensor means = normal(shape, {context.seed, Stream::bias, /*step=*/0}) * options.mean_std;
  if (options.components == 1) means.zero_();
  const torch::Tensor scales =
      uniform(shape, {context.seed, Stream::bias, /*step=*/1}, static_cast<float>(options.smallest_scale),
              static_cast<float>(options.largest_scale));
  return torch::stack({means, scales.log()}, 1);
}

}  // namespace

void GaussianOptions::fields(Fields& visit) {
  visit.boolean("learnable", learnable, "train lambda (mean and log scale) with the weights");
}

void GaussianMixtureOptions::fields(Fields& visit) {
  visit.integer("components", components, {1, 100000}, "number of mixture components L");
  visit.boolean("learnable", learnable, "train means and log scales with the weights; saved either way");
  static constexpr std::pair<const char*, StatisticSets> names[] = {{"shared", StatisticSets::shared},
                                                                    {"per_component", StatisticSets::per_component}};
  visit.enumeration<StatisticSets>("statistics", statistics, names,
                                   "shared: one t(x) for all components (authors' code); per_component: t_l(x) for "
                                   "each (paper, Appendix A)");
  visit.when({components > 1, "components: 2 or more"}, [&] {
    visit.real("mean_std", mean_std, {0.0, 1e3}, "initial means are drawn from N(0, mean_std^2); 0 if L = 1");
  });
  visit.real("smallest_scale", smallest_scale, {1e-6, 1e6}, "initial scales are uniform from this one ...");
  visit.real("largest_scale", largest_scale, {1e-6, 1e6}, "... to this one");
}

Registry<BiasEntry> built_in_biases() {
  Registry<BiasEntry> registry("bias");
  registry.add(make_entry<GaussianOptions, BiasEntry>(
      "gaussian", "spherical Gaussian N(0, 1) in each latent dimension (paper, Eq. 10)", "learnable: true",
      [](const GaussianOptions& options, const BiasContext& context) {
        return std::make_shared<MixtureBias>(std::make_shared<GaussianFamily>(),
                                             torch::zeros({1, 2, context.latent_dim}), options.learnable,
                                             /*per_component=*/false);
      }));
  registry.add(make_entry<GaussianMixtureOptions, BiasEntry>(
      "gaussian_mixture", "mixture of L Gaussians with equal weights (paper, Eq. 12)",
      "{components: 3, statistics: per_component}",
      [](const GaussianMixtureOptions& options, const BiasContext& context) {
        return std::make_shared<MixtureBias>(std::make_shared<GaussianFamily>(), initial_components(options, context),
                                             options.learnable, options.statistics == StatisticSets::per_component);
      }));
  return registry;
}

}  // namespace cebm
