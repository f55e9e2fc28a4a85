#include <cebm/errors.h>
#include <cebm/families.h>

#include <cmath>
#include <utility>

namespace cebm {

namespace {

double logit(double probability) { return std::log(probability) - std::log1p(-probability); }

/// The same numbers in every dimension: [P] -> [P, K].
std::shared_ptr<FamilyStart> start(std::shared_ptr<const ExponentialFamily> family, const std::vector<double>& numbers,
                                   std::int64_t dims) {
  const torch::Tensor column = torch::tensor(numbers, torch::kFloat32).unsqueeze(1);
  return std::make_shared<FamilyStart>(FamilyStart{std::move(family), column.repeat({1, dims})});
}

/// K / groups, at least `smallest`.
std::int64_t block_size(const std::string& family, const FamilyContext& context, std::int64_t groups,
                        std::int64_t smallest) {
  const std::int64_t size = context.latent_dim / groups;
  if (size * groups == context.latent_dim && size >= smallest) return size;
  throw ConfigError(family + ": expected groups that divide the " + std::to_string(context.latent_dim) +
                    " latent dimensions into blocks of at least " + std::to_string(smallest) +
                    ", found groups: " + std::to_string(groups));
}

template <class Start, class Build>
void add(Registry<FamilyEntry>& registry, const char* name, const char* summary, const char* example, Build build) {
  registry.add(make_entry<Start, FamilyEntry>(name, summary, example, build));
}

std::shared_ptr<FamilyStart> categorical(const CategoricalStart& options, const FamilyContext& context) {
  const std::int64_t size = block_size("categorical", context, options.groups, 2);
  if (options.groups == 1) return start(std::make_shared<ClassFamily>(size), {0.0}, context.latent_dim);
  return start(std::make_shared<CategoricalFamily>(size), {0.0}, context.latent_dim);
}

std::shared_ptr<FamilyStart> markov_chain(const MarkovChainStart& options, const FamilyContext& context) {
  const std::int64_t states = options.states;
  if (context.latent_dim % states != 0) {
    throw ConfigError("markov_chain: expected states that divide the " + std::to_string(context.latent_dim) +
                      " latent dimensions into steps, found states: " + std::to_string(states));
  }
  const double move = std::log((1.0 - options.stay) / static_cast<double>(states - 1));
  const torch::Tensor transitions = torch::full({states, states}, move);
  transitions.diagonal().fill_(std::log(options.stay));
  return start(std::make_shared<MarkovChainFamily>(transitions), {0.0}, context.latent_dim);
}

}  // namespace

// Ranges end where float32 still has A(lambda + t) - A(lambda), the difference of large numbers that energies are.

void GaussianStart::fields(Fields& visit) {
  visit.real("scale", scale, {1e-2, 1e6}, "standard deviation of z at the start");
}

void UnitGaussianStart::fields(Fields& visit) { visit.real("mean", mean, {-100.0, 100.0}, "mean of z at the start"); }

void BernoulliStart::fields(Fields& visit) {
  visit.real("probability", probability, {1e-6, 1.0 - 1e-6}, "p(z = 1) at the start");
}

void CategoricalStart::fields(Fields& visit) {
  visit.integer("groups", groups, {1, 65536}, "independent variables F, each of latent_dim / F classes");
}

void GammaStart::fields(Fields& visit) {
  visit.real("shape", shape, {1e-3, 1e3}, "shape at the start");
  visit.real("rate", rate, {1e-6, 1e6}, "rate at the start");
}

void SpikeAndSlabStart::fields(Fields& visit) {
  visit.real("probability", probability, {1e-6, 1.0 - 1e-6}, "p(z != 0) at the start");
  visit.real("scale", scale, {1e-2, 1e6}, "standard deviation of the slab at the start");
}

void VonMisesFisherStart::fields(Fields& visit) {
  visit.integer("groups", groups, {1, 65536}, "independent directions F, each in latent_dim / F dimensions");
}

void DirichletStart::fields(Fields& visit) {
  visit.integer("groups", groups, {1, 65536}, "independent variables F, each of latent_dim / F shares");
  visit.real("concentration", concentration, {1e-3, 100.0}, "alpha of every share at the start; 1: uniform");
}

void MarkovChainStart::fields(Fields& visit) {
  visit.integer("states", states, {2, 65536}, "states S; the chain has latent_dim / S steps");
  visit.real("stay", stay, {1e-6, 1.0 - 1e-6}, "probability of the same state at the next step, at the start");
}

Registry<FamilyEntry> built_in_families() {
  Registry<FamilyEntry> all("family");
  add<GaussianStart>(
      all, "gaussian", "Gaussian in each latent dimension (paper, Eq. 10)", "scale: 2.0",
      [](const GaussianStart& options, const FamilyContext& context) {
        return start(std::make_shared<GaussianFamily>(), {0.0, std::log(options.scale)}, context.latent_dim);
      });
  add<UnitGaussianStart>(all, "unit_gaussian", "Gaussian of variance 1, whose mean alone the network moves",
                         "mean: 0.5", [](const UnitGaussianStart& options, const FamilyContext& context) {
                           return start(std::make_shared<UnitGaussianFamily>(), {options.mean}, context.latent_dim);
                         });
  add<BernoulliStart>(all, "bernoulli", "binary z: restricted Boltzmann machines with a deep t(x)", "probability: 0.3",
                      [](const BernoulliStart& options, const FamilyContext& context) {
                        return start(std::make_shared<BernoulliFamily>(), {logit(options.probability)},
                                     context.latent_dim);
                      });
  add<CategoricalStart>(all, "categorical", "one-hot z: the model is a classifier as well (JEM), or groups of them", "",
                        categorical);
  add<GammaStart>(all, "gamma", "positive z: scale mixtures, products of Student-t experts", "{shape: 2.0, rate: 3.0}",
                  [](const GammaStart& options, const FamilyContext& context) {
                    return start(std::make_shared<GammaFamily>(), {std::log(options.shape), std::log(options.rate)},
                                 context.latent_dim);
                  });
  add<SpikeAndSlabStart>(all, "spike_and_slab", "zero or Gaussian: sparse codes (Courville et al. 2011)",
                         "{probability: 0.3, scale: 2.0}",
                         [](const SpikeAndSlabStart& options, const FamilyContext& context) {
                           return start(std::make_shared<SpikeAndSlabFamily>(),
                                        {logit(options.probability), 0.0, std::log(options.scale)}, context.latent_dim);
                         });
  add<VonMisesFisherStart>(all, "von_mises_fisher", "directions: z on the unit sphere, or on several", "",
                           [](const VonMisesFisherStart& options, const FamilyContext& context) {
                             const std::int64_t size = block_size("von_mises_fisher", context, options.groups, 2);
                             return start(std::make_shared<VonMisesFisherFamily>(size), {0.0}, context.latent_dim);
                           });
  add<DirichletStart>(all, "dirichlet", "shares that add up to one, with t(x) as evidence", "concentration: 2.0",
                      [](const DirichletStart& options, const FamilyContext& context) {
                        const std::int64_t size = block_size("dirichlet", context, options.groups, 2);
                        return start(std::make_shared<DirichletFamily>(size), {std::log(options.concentration)},
                                     context.latent_dim);
                      });
  add<MarkovChainStart>(all, "markov_chain", "a hidden Markov chain over a sequence of states", "states: 3",
                        markov_chain);
  return all;
}

}  // namespace cebm
