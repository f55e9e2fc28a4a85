#include <cebm/bias.h>

namespace cebm {

namespace {

enum class Statistics { shared, per_component };

struct GaussianOptions final : Options {
  bool learnable = false;
  void fields(Fields& visit) override {
    visit.boolean("learnable", learnable, "train lambda (mean and log scale) with the weights");
  }
};

struct GaussianMixtureOptions final : Options {
  std::int64_t components = 50;
  bool learnable = true;
  Statistics statistics = Statistics::shared;
  void fields(Fields& visit) override {
    visit.integer("components", components, {1, 100000}, "number of mixture components L");
    visit.boolean("learnable", learnable, "train means and log scales with the weights; saved either way");
    static constexpr std::pair<const char*, Statistics> names[] = {{"shared", Statistics::shared},
                                                                   {"per_component", Statistics::per_component}};
    visit.enumeration<Statistics>("statistics", statistics, names,
                                  "shared: one t(x) for all components (authors' code); per_component: t_l(x) for "
                                  "each (paper, Appendix A)");
  }
};

}  // namespace

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
      "gaussian_mixture", "mixture of L Gaussians, means drawn from N(0, 1), scales 1 (paper, Eq. 12)",
      "{components: 3, statistics: per_component}",
      [](const GaussianMixtureOptions& options, const BiasContext& context) {
        const torch::Tensor means =
            normal({options.components, context.latent_dim}, {context.seed, Stream::bias, /*step=*/0});
        return std::make_shared<MixtureBias>(std::make_shared<GaussianFamily>(),
                                             torch::stack({means, torch::zeros_like(means)}, 1), options.learnable,
                                             options.statistics == Statistics::per_component);
      }));
  return registry;
}

}  // namespace cebm
