#include <cebm/bias.h>
#include <cebm/errors.h>

#include <string>

namespace cebm {

namespace {

/// Initial unconstrained parameters (mean, log scale), [L, 2, K]. A single component has no symmetry to break: it has
/// mean 0 and is, by default, the spherical Gaussian.
torch::Tensor initial_components(const GaussianMixtureOptions& options, const BiasContext& context) {
  if (options.smallest_scale > options.largest_scale) {
    throw ConfigError("gaussian_mixture: expected smallest_scale <= largest_scale, found " +
                      std::to_string(options.smallest_scale) + " > " + std::to_string(options.largest_scale));
  }
  constexpr double kMostScales = 100.0;  // float32 loses A(lambda + t) - A(lambda) where means are many scales wide
  if (options.components > 1 && options.mean_std > kMostScales * options.smallest_scale) {
    throw ConfigError("gaussian_mixture: expected mean_std of at most 100 smallest_scale, found " +
                      std::to_string(options.mean_std) + " and " + std::to_string(options.smallest_scale));
  }
  const std::vector<std::int64_t> shape{options.components, context.latent_dim};
  torch::Tensor means = normal(shape, {context.seed, Stream::bias, /*step=*/0}) * options.mean_std;
  if (options.components == 1) means.zero_();
  const torch::Tensor scales =
      uniform(shape, {context.seed, Stream::bias, /*step=*/1}, static_cast<float>(options.smallest_scale),
              static_cast<float>(options.largest_scale));
  return torch::stack({means, scales.log()}, 1);
}

/// The family's start in every component, [L, P, K]; several components get noise in the unconstrained parameters.
torch::Tensor spread_components(const torch::Tensor& start, const MixtureOptions& options, std::uint64_t seed) {
  const torch::Tensor noise =
      normal({options.components, start.size(0), start.size(1)}, {seed, Stream::bias, /*step=*/0});
  return options.components == 1 ? start.unsqueeze(0) : start + options.spread * noise;
}

std::shared_ptr<ConjugateBias> make_mixture(const MixtureOptions& options, const BiasContext& context) {
  const auto start = options.family.build(FamilyContext{context.latent_dim});
  return std::make_shared<MixtureBias>(
      start->family, spread_components(start->parameters, options, context.seed), options.learnable,
      options.statistics == StatisticSets::per_component,
      options.learnable_weights ? torch::zeros({options.components}) : torch::Tensor());
}

std::shared_ptr<ConjugateBias> make_product(const ProductOptions& options, const BiasContext& context) {
  const std::int64_t rest = context.latent_dim - options.first_dim;
  if (rest < 1) {
    throw ConfigError("product: expected first_dim below the model's latent_dim, " +
                      std::to_string(context.latent_dim) + ", found " + std::to_string(options.first_dim));
  }
  const auto first = options.first.build(FamilyContext{options.first_dim});
  const auto second = options.second.build(FamilyContext{rest});
  return single_bias(
      {product_of({{first->family, first->parameters.size(1)}, {second->family, second->parameters.size(1)}}),
       ProductFamily::join({first->parameters, second->parameters})},
      options.learnable);
}

constexpr std::pair<const char*, StatisticSets> kStatisticSets[] = {{"shared", StatisticSets::shared},
                                                                    {"per_component", StatisticSets::per_component}};
constexpr const char* kStatisticSetsHelp =
    "shared: one t(x) for all components (authors' code); per_component: t_l(x) for each (paper, Appendix A)";

}  // namespace

void GaussianOptions::fields(Fields& visit) {
  visit.boolean("learnable", learnable, "train lambda (mean and log scale) with the weights");
}

void GaussianMixtureOptions::fields(Fields& visit) {
  visit.integer("components", components, {1, 100000}, "number of mixture components L");
  visit.boolean("learnable", learnable, "train means and log scales with the weights; saved either way");
  visit.enumeration<StatisticSets>("statistics", statistics, kStatisticSets, kStatisticSetsHelp);
  visit.when({components > 1, "components: 2 or more"}, [&] {
    visit.real("mean_std", mean_std, {0.0, 1e3}, "initial means are drawn from N(0, mean_std^2); 0 if L = 1");
  });
  visit.real("smallest_scale", smallest_scale, {1e-2, 1e6}, "initial scales are uniform from this one ...");
  visit.real("largest_scale", largest_scale, {1e-2, 1e6}, "... to this one");
}

void MixtureOptions::fields(Fields& visit) {
  visit.variant("family", family, "exponential family of the components");
  visit.integer("components", components, {1, 100000}, "number of mixture components L");
  visit.boolean("learnable", learnable, "train the components with the weights; saved either way");
  visit.boolean("learnable_weights", learnable_weights,
                "train the components' probabilities; otherwise they are equal");
  visit.enumeration<StatisticSets>("statistics", statistics, kStatisticSets, kStatisticSetsHelp);
  visit.when({components > 1, "components: 2 or more"}, [&] {
    // Beyond 2 the scales differ by so much that float32 loses A(lambda + t) - A(lambda).
    visit.real("spread", spread, {0.0, 2.0},
               "standard deviation of the components' unconstrained parameters around the family's at the start");
  });
}

void ProductOptions::fields(Fields& visit) {
  visit.variant("first", first, "family of the first part; with one of classes the model is a classifier");
  visit.integer("first_dim", first_dim, {1, 65536}, "latent dimensions of the first part");
  visit.variant("second", second, "family of the other latent dimensions");
  visit.boolean("learnable", learnable, "train lambda with the weights");
}

void FamilyBiasOptions::fields(Fields& visit) {
  visit.boolean("learnable", learnable, "train lambda with the weights");
  family->fields(visit);
}

BiasEntry family_bias(const FamilyEntry& family) {
  BiasEntry row;
  row.name = family.name;
  row.summary = family.summary;
  row.example = family.example;
  row.options = [family](const Catalog& catalog) {
    return std::make_unique<FamilyBiasOptions>(family.options(catalog));
  };
  row.build = [family](const Options& options, const BiasContext& context) {
    const auto& own = dynamic_cast<const FamilyBiasOptions&>(options);
    return single_bias(*family.build(*own.family, FamilyContext{context.latent_dim}), own.learnable);
  };
  return row;
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
  const Registry<FamilyEntry> families = built_in_families();
  for (const FamilyEntry& family : families.rows()) {
    if (family.name != "gaussian") registry.add(family_bias(family));  // registered above
  }
  registry.add(make_entry<MixtureOptions, BiasEntry>(
      "mixture", "mixture of L members of any family, with equal or trained weights",
      "{family: bernoulli, components: 3, learnable_weights: true}", make_mixture));
  registry.add(make_entry<ProductOptions, BiasEntry>("product", "two independent parts: class and style, for example",
                                                     "{first_dim: 2}", make_product));
  return registry;
}

}  // namespace cebm
