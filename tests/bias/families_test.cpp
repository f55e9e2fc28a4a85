// Every family by itself: its normaliser against quadrature or enumeration, its gradient against autograd, its draws
// against its moments. What each recovers as a conjugate EBM: identities_test.cpp.
#include <ATen/ops/one_hot.h>
#include <cebm/bias.h>
#include <cebm/config.h>
#include <cebm/errors.h>
#include <cebm/families.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include "contract/rows.h"
#include "support/numeric.h"

namespace cebm::families_test {
namespace {

using torch::Tensor;

Tensor doubles(torch::IntArrayRef shape, std::uint64_t seed) {
  return normal(shape, {.seed = seed}).to(torch::kFloat64);
}

/// A family and natural parameters [n, P, K] of some of its members.
struct Case {
  std::shared_ptr<const ExponentialFamily> family;
  Tensor natural;
};

constexpr std::int64_t kMembers = 3;
constexpr std::int64_t kDims = 6;

Case members(std::shared_ptr<const ExponentialFamily> family, std::int64_t dims = kDims) {
  const Tensor parameters = doubles({kMembers, family->statistics(), dims}, 4);
  return {family, family->natural_from_unconstrained(parameters)};
}

Case of(const std::string& name) {
  if (name == "gaussian") return members(std::make_shared<GaussianFamily>());
  if (name == "unit_gaussian") return members(std::make_shared<UnitGaussianFamily>());
  if (name == "bernoulli") return members(std::make_shared<BernoulliFamily>());
  if (name == "categorical") return members(std::make_shared<CategoricalFamily>(3));
  if (name == "gamma") return members(std::make_shared<GammaFamily>());
  if (name == "spike_and_slab") return members(std::make_shared<SpikeAndSlabFamily>());
  if (name == "circle") return members(std::make_shared<VonMisesFisherFamily>(2));
  if (name == "sphere") return members(std::make_shared<VonMisesFisherFamily>(3));
  if (name == "dirichlet") return members(std::make_shared<DirichletFamily>(3));
  if (name == "markov_chain") return members(std::make_shared<MarkovChainFamily>(doubles({3, 3}, 9)));
  return members(product_of({{std::make_shared<ClassFamily>(3), 3}, {std::make_shared<GammaFamily>(), 2}}), 1);
}

class EveryFamily : public testing::TestWithParam<const char*> {
 protected:
  Case case_ = of(GetParam());
  const ExponentialFamily& family_ = *case_.family;
  const Tensor& natural_ = case_.natural;
};

TEST_P(EveryFamily, MeanParametersAreTheGradientOfItsLogPartition) {
  const Tensor gradient =
      autograd_gradient([&](const Tensor& lambda) { return family_.log_partition(lambda); }, natural_);
  EXPECT_LT(relative_error(family_.mean_parameters(natural_), gradient), 1e-10);
}

TEST_P(EveryFamily, DrawsHaveItsMomentsAndSufficientStatistics) {
  constexpr std::int64_t n = 40000;
  const double root = std::sqrt(static_cast<double>(n));
  for (std::int64_t member = 0; member < kMembers; ++member) {
    const Tensor lambda = natural_[member];
    const Tensor z = family_.sample(lambda.expand({n, -1, -1}),
                                    Draws({.seed = 7}, torch::arange(n, torch::kInt64), natural_.options()));
    ASSERT_EQ(z.sizes(), (std::vector<std::int64_t>{n, family_.latent_dim(natural_.size(-1))}));
    EXPECT_LT(((z.mean(0) - family_.mean(lambda)).abs() / (z.std(0) / root + 1e-9)).max().item<double>(), 5.0);
    const Tensor squares = (z - family_.mean(lambda)).square();
    const Tensor distance = (squares.mean(0) - family_.variance(lambda)).abs() / (squares.std(0) / root + 1e-9);
    EXPECT_LT(distance.max().item<double>(), 5.0);
    const Tensor eta = family_.sufficient_statistics(z);
    const Tensor error = eta.std(0) / root + 1e-9;
    EXPECT_LT(((eta.mean(0) - family_.mean_parameters(lambda)).abs() / error).max().item<double>(), 5.0);
  }
}

TEST_P(EveryFamily, ADrawDependsOnItsChainAlone) {
  const Tensor chains = torch::arange(12, torch::kInt64);
  const Tensor lambda = natural_[0].expand({12, -1, -1});
  const Tensor together = family_.sample(lambda, Draws({.seed = 7}, chains, natural_.options()));
  for (const std::int64_t row : {0, 5, 11}) {
    const Tensor alone =
        family_.sample(lambda.narrow(0, row, 1), Draws({.seed = 7}, chains.narrow(0, row, 1), natural_.options()));
    EXPECT_TRUE(alone[0].equal(together[row])) << row;
  }
}

TEST_P(EveryFamily, LogPartitionIsConvexAlongChords) {
  const Tensor a = family_.log_partition(natural_[0]).sum();
  const Tensor b = family_.log_partition(natural_[1]).sum();
  const Tensor middle = family_.log_partition(0.5 * (natural_[0] + natural_[1])).sum();
  EXPECT_LT(middle.item<double>(), (0.5 * (a + b)).item<double>());
}

TEST_P(EveryFamily, DivergenceOfAMemberFromItselfIsZeroAndOfOthersPositive) {
  const Tensor none = family_.kl_divergence(natural_, natural_);
  EXPECT_LT(none.abs().max().item<double>(), 1e-12);
  EXPECT_GT(family_.kl_divergence(natural_[0], natural_[1]).sum().item<double>(), 1e-3);
}

TEST_P(EveryFamily, TellsFloat32AndFloat64TheSame) {
  const Tensor single = family_.log_partition(natural_.to(torch::kFloat));
  EXPECT_EQ(single.scalar_type(), torch::kFloat);
  EXPECT_LT(relative_error(single, family_.log_partition(natural_)), 1e-5);
  EXPECT_LT(relative_error(family_.mean_parameters(natural_.to(torch::kFloat)), family_.mean_parameters(natural_)),
            1e-5);
}

INSTANTIATE_TEST_SUITE_P(Family, EveryFamily,
                         testing::Values("gaussian", "unit_gaussian", "bernoulli", "categorical", "gamma",
                                         "spike_and_slab", "circle", "sphere", "dirichlet", "markov_chain", "product"),
                         [](const auto& tested) { return std::string(tested.param); });

/// log of sum_z h(z) exp{lambda^T eta(z)} over all codes, [M, Z], for the members of a case.
Tensor enumerated(const Case& of_case, const Tensor& codes) {
  const Tensor eta = of_case.family->sufficient_statistics(codes);  // [M, P, K]
  const Tensor scores =
      (of_case.natural.unsqueeze(1) * eta).sum({-2, -1}) + of_case.family->log_base_measure(codes).sum(-1);
  return torch::logsumexp(scores, 1);
}

/// All words of `length` letters out of `letters`, one-hot: [letters^length, length * letters].
Tensor all_words(std::int64_t letters, std::int64_t length) {
  std::vector<Tensor> axes(static_cast<std::size_t>(length), torch::arange(letters));
  return at::one_hot(torch::cartesian_prod(axes).reshape({-1, length}), letters).flatten(1).to(torch::kFloat64);
}

TEST(Families, DiscreteNormalisersAreSumsOverAllCodes) {
  const Tensor binary = torch::cartesian_prod(std::vector<Tensor>(kDims, torch::arange(2))).to(torch::kFloat64);
  for (const auto& [name, codes] : {std::pair{"bernoulli", binary}, std::pair{"categorical", all_words(3, 2)},
                                    std::pair{"markov_chain", all_words(3, 2)}}) {
    const Case tried = of(name);
    EXPECT_LT(relative_error(tried.family->log_partition(tried.natural).sum(-1), enumerated(tried, codes)), 1e-13)
        << name;
  }
}

TEST(Families, AHiddenMarkovChainSumsOverAllPaths) {
  const auto family = std::make_shared<MarkovChainFamily>(doubles({3, 3}, 9));
  const Case chain = members(family, 5 * 3);
  const Tensor codes = all_words(3, 5);
  EXPECT_LT(relative_error(family->log_partition(chain.natural).squeeze(-1), enumerated(chain, codes)), 1e-13);
  EXPECT_NEAR(family->log_base_measure(codes).exp().sum().item<double>(), 1.0, 1e-12);
  const Tensor eta = codes.unsqueeze(-2);
  const Tensor scores = (chain.natural.unsqueeze(1) * eta).sum({-2, -1}) + family->log_base_measure(codes).sum(-1);
  const Tensor marginals = torch::softmax(scores, 1).matmul(codes);
  EXPECT_LT(relative_error(family->mean(chain.natural), marginals), 1e-13);
}

/// log of the integral of h(z) exp{lambda^T eta(z)} over a grid: [n, P, K] -> [n, K].
Tensor integrated(const Case& of_case, const Grid& grid) {
  const Tensor z = grid.points.view({-1, 1}).expand({-1, kDims});
  const Tensor scores = (of_case.natural.unsqueeze(1) * of_case.family->sufficient_statistics(z)).sum(-2) +
                        of_case.family->log_base_measure(z);
  return torch::logsumexp(scores, 1) + std::log(grid.spacing);
}

TEST(Families, NormalisersOfRealCodesAreIntegrals) {
  for (const char* name : {"gaussian", "unit_gaussian"}) {
    const Case tried = of(name);
    EXPECT_LT((tried.family->log_partition(tried.natural) - integrated(tried, fine_grid())).abs().max().item<double>(),
              1e-10)
        << name;
  }
}

TEST(Families, TheSpikeAddsOneToTheSlabsIntegral) {
  const Case tried = of("spike_and_slab");
  // The grid has an even number of points, so that none is zero.
  const Tensor slab = integrated(tried, fine_grid(-80, 80, 64000));
  EXPECT_LT((tried.family->log_partition(tried.natural) - torch::log1p(slab.exp())).abs().max().item<double>(), 1e-9);
}

TEST(Families, GammasNormaliserIsAnIntegralOverTheLogarithmOfZ) {
  const Case tried = of("gamma");
  const Grid grid = fine_grid(-300, 12, 156001);  // z = e^y, dz = e^y dy
  const Tensor z = grid.points.exp().view({-1, 1}).expand({-1, kDims});
  const Tensor scores =
      (tried.natural.unsqueeze(1) * tried.family->sufficient_statistics(z)).sum(-2) + grid.points.view({-1, 1});
  const Tensor integral = torch::logsumexp(scores, 1) + std::log(grid.spacing);
  EXPECT_LT((tried.family->log_partition(tried.natural) - integral).abs().max().item<double>(), 1e-8);
}

// The cosine w to the mean direction has a density proportional to (1 - w^2)^((D - 3) / 2); w = cos a.
TEST(Families, DirectionsNormaliserIsAnIntegralOverTheAngle) {
  constexpr int kPoints = 40000;  // the midpoint rule
  const Tensor angles = (torch::arange(kPoints, torch::kFloat64) + 0.5) * (std::numbers::pi / kPoints);
  for (const std::int64_t size : {2, 3, 4, 7, 16, 40, 100}) {
    const VonMisesFisherFamily family(size);
    const Tensor log_density = static_cast<double>(size - 2) * angles.sin().log();
    const Tensor log_weights = log_density - torch::logsumexp(log_density, 0);
    for (const double kappa : {0.0, 1e-3, 0.1, 1.0, 5.0, 30.0, 200.0, 1000.0}) {
      const Tensor tilted = log_weights + kappa * angles.cos();
      Tensor lambda = torch::zeros({1, size}, torch::kFloat64);
      lambda[0][0] = kappa;
      const double mean = (torch::softmax(tilted, 0) * angles.cos()).sum().item<double>();
      EXPECT_NEAR(family.log_partition(lambda).item<double>(), torch::logsumexp(tilted, 0).item<double>(), 1e-6)
          << size << " " << kappa;
      EXPECT_NEAR(family.mean(lambda)[0].item<double>(), mean, 1e-8) << size << " " << kappa;
    }
  }
}

TEST(Families, DirichletsNormaliserIsTheBetaFunctionForTwoShares) {
  const DirichletFamily family(2);
  const Tensor lambda = double_tensor({1.5, 0.25}, {1, 2});  // alpha = 2.5, 1.25
  const Grid y = fine_grid(-80, 80);                         // z = sigmoid(y), dz = z (1 - z) dy
  const Tensor z = y.points.sigmoid();
  const double integral = ((1.5 * z.log() + 0.25 * (1 - z).log()).exp() * z * (1 - z)).sum().item<double>() * y.spacing;
  EXPECT_NEAR(family.log_partition(lambda).item<double>(), std::log(integral), 1e-9);
}

TEST(Families, DrawsThatUnderflowKeepFiniteStatistics) {
  const Draws draws({.seed = 7}, torch::arange(200, torch::kInt64), torch::kFloat);
  const Tensor shape = torch::full({200, 1, 6}, 1e-3F);
  const Tensor gamma = GammaFamily().sample(torch::cat({shape - 1.0, -torch::ones_like(shape)}, 1), draws);
  const Tensor shares = DirichletFamily(3).sample(shape - 1.0, draws);
  for (const Tensor& z : {gamma, shares}) {
    EXPECT_GT(z.min().item<float>(), 0.0F);
    EXPECT_TRUE(z.log().isfinite().all().item<bool>());
  }
}

/// The largest error of D(t) in float32 for 50 statistics t, two biases with the same parameters in either precision.
double float32_error(const ConjugateBias& bias, const ConjugateBias& exact) {
  const auto domain = bias.domain();
  const auto statistics = static_cast<std::int64_t>(domain.size());
  Tensor t = normal({50, 1, statistics, kDims}, {.seed = 6}).to(torch::kFloat64);
  for (std::int64_t p = 0; p < statistics; ++p) {
    const Domain sign = domain[static_cast<std::size_t>(p)];
    if (sign != Domain::real) t.select(2, p).abs_().mul_(sign == Domain::negative ? -1.0 : 1.0);
  }
  const Tensor found = bias.log_partition_difference(t.to(torch::kFloat)).to(torch::kFloat64);
  return (found - exact.log_partition_difference(t)).abs().max().item<double>();
}

// At the ends of the ranges that settings allow, D(t) = A(lambda + t) - A(lambda) in float32 is that of float64.
TEST(Families, SettingsKeepEnergiesThatFloat32CanTell) {
  const std::vector<std::pair<std::string, std::string>> settings{{"gaussian", "scale: 0.01"},
                                                                  {"unit_gaussian", "mean: 100"},
                                                                  {"gamma", "{shape: 1000, rate: 1}"},
                                                                  {"spike_and_slab", "scale: 0.01"},
                                                                  {"dirichlet", "concentration: 100"}};
  for (const auto& [name, yaml] : settings) {
    Choice<FamilyEntry> choice(catalog(), name);
    read_options(parse_config(yaml), choice.options());
    const auto start = choice.build(FamilyContext{kDims});
    const MixtureBias bias(start->family, start->parameters.unsqueeze(0), /*learnable=*/false, /*per_component=*/false);
    const MixtureBias exact(start->family, start->parameters.unsqueeze(0).to(torch::kFloat64), false, false);
    EXPECT_LT(float32_error(bias, exact), 0.01) << name;
  }
  Choice<BiasEntry> mixture(catalog(), "mixture");
  read_options(parse_config("{components: 10, spread: 2}"), mixture.options());
  const auto bias = mixture.build(BiasContext{.latent_dim = kDims});
  const auto exact = mixture.build(BiasContext{.latent_dim = kDims});
  exact->to(torch::kFloat64);
  EXPECT_LT(float32_error(*bias, *exact), 0.05) << "mixture; a spread of 3 has 6.6 here";
  EXPECT_THROW(read_options(parse_config("{components: 10, spread: 2.1}"), mixture.options()), ConfigError);
}

TEST(Families, ClassesAddUpToTheWholeAndTheirMeansAreGradients) {
  const Case tried = of("product");
  const auto& labels = dynamic_cast<const LabelledFamily&>(*tried.family);
  std::vector<Tensor> all;
  for (std::int64_t c = 0; c < labels.classes(); ++c) {
    const Tensor y = torch::full({kMembers}, c, torch::kInt64);
    all.push_back(labels.log_partition_of_class(tried.natural, y));
    const Tensor gradient =
        autograd_gradient([&](const Tensor& l) { return labels.log_partition_of_class(l, y); }, tried.natural);
    EXPECT_LT(relative_error(labels.mean_parameters_of_class(tried.natural, y), gradient), 1e-12);
  }
  EXPECT_LT(relative_error(torch::logsumexp(torch::stack(all), 0), tried.family->log_partition(tried.natural).sum(-1)),
            1e-13);
}

TEST(Families, BlocksThatDoNotFitAreRefusedWithWhatWouldFit) {
  const Registry<FamilyEntry> families = built_in_families();
  CategoricalStart start;
  start.groups = 4;
  try {
    families.find("categorical").build(start, FamilyContext{6});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("found groups: 4"), std::string::npos) << error.what();
  }
  MarkovChainStart chain;
  chain.states = 4;
  EXPECT_THROW(families.find("markov_chain").build(chain, FamilyContext{6}), ConfigError);
}

}  // namespace
}  // namespace cebm::families_test
