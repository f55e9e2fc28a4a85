#include <cebm/errors.h>
#include <cebm/vae.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "contract/rows.h"
#include "models/linear_vae.h"
#include "support/numeric.h"

namespace cebm {
namespace {

constexpr ImageShape kImage{1, 12, 10};

std::shared_ptr<Vae> example_vae(const std::string& name, const std::string& changes = "{}", std::uint64_t seed = 1) {
  const ModelEntry& row = catalog().models.find(name);
  const auto options = example_options(row);
  read_options(parse_config(changes), *options);
  auto model = std::dynamic_pointer_cast<Vae>(row.build(*options, ModelContext{kImage, seed}));
  model->to(torch::kFloat64);
  return model;
}

torch::Tensor unit_images(std::int64_t count) { return test_images(count).to(torch::kFloat64) * 0.5 + 0.5; }

torch::Tensor noise_of(std::int64_t samples, std::int64_t rows, std::int64_t dims, std::uint64_t seed = 3) {
  return normal({samples, rows * dims}, {.seed = seed}).to(torch::kFloat64).view({samples, rows, dims});
}

/// Mean over the first dimension and its standard error.
struct Estimate {
  torch::Tensor mean;
  torch::Tensor error;
};
Estimate estimate(const torch::Tensor& draws) {
  return {draws.mean(0), draws.std(0) / std::sqrt(static_cast<double>(draws.size(0)))};
}

/// `draws` [R, B], one row a repetition: every column's mean lies within five standard errors of `exact`.
void expect_unbiased(const torch::Tensor& draws, const torch::Tensor& exact) {
  const Estimate found = estimate(draws);
  EXPECT_LT(((found.mean - exact) / found.error).abs().max().item<double>(), 5.0) << found.mean << exact;
  EXPECT_LT((found.error / exact.abs()).max().item<double>(), 0.2) << "the estimate says too little";
}

/// mean_s log q(z_s | x) - log p(z_s), [B].
torch::Tensor monte_carlo_kl(Vae& model, const torch::Tensor& x, const torch::Tensor& noise) {
  const LatentDistribution q = model.posterior(x);
  const torch::Tensor z = q.component_mean() + q.component_variance().sqrt() * noise;
  return (q.log_prob(z) - model.prior().log_prob(z)).mean(0);
}

TEST(Vae, ClosedFormKlEqualsItsMonteCarloEstimateWithinTheStandardError) {
  const auto model = example_vae("vae");
  const torch::Tensor x = unit_images(4);
  const torch::Tensor exact = model->elbo(x, noise_of(1, 4, 6)).kl;
  std::vector<torch::Tensor> draws;
  for (std::uint64_t r = 0; r < 400; ++r) draws.push_back(monte_carlo_kl(*model, x, noise_of(50, 4, 6, 100 + r)));
  expect_unbiased(torch::stack(draws), exact);
}

TEST(Vae, AMixturePriorOfOneStandardComponentGivesTheSameElbo) {
  const auto plain = example_vae("vae");
  const auto mixture = example_vae("gmm_vae", "prior: {name: gaussian_mixture, components: 1}");
  const torch::Tensor x = unit_images(4);
  const torch::Tensor noise = noise_of(3, 4, 6);
  const Elbo a = plain->elbo(x, noise);
  const Elbo b = mixture->elbo(x, noise);
  EXPECT_TRUE(a.kl.equal(b.kl));
  EXPECT_TRUE(a.log_likelihood.equal(b.log_likelihood));
  // Three equal standard components are that Gaussian too, but go the Monte-Carlo way.
  const auto three = example_vae("gmm_vae", "prior: {name: gaussian_mixture, components: 3, mean_std: 0}");
  EXPECT_TRUE(three->elbo(x, noise).log_likelihood.equal(a.log_likelihood));
  std::vector<torch::Tensor> draws;
  for (std::uint64_t r = 0; r < 400; ++r) draws.push_back(three->elbo(x, noise_of(50, 4, 6, 100 + r)).kl);
  expect_unbiased(torch::stack(draws), a.kl);
}

TEST(Vae, MonteCarloKlUsesTheMixturesOwnDensity) {
  const auto model = example_vae("gmm_vae");
  const torch::Tensor x = unit_images(3);
  const torch::Tensor noise = noise_of(7, 3, 6);
  ASSERT_EQ(model->prior().components(), 3);
  EXPECT_LT(relative_error(model->elbo(x, noise).kl, monte_carlo_kl(*model, x, noise)), 1e-12);
}

TEST(Vae, ImportanceWeightedBoundStartsAtTheElboAndRisesWithItsSamples) {
  const auto model = example_vae("gmm_vae");
  const torch::Tensor x = unit_images(3);
  std::map<std::int64_t, std::vector<torch::Tensor>> bounds;
  std::vector<torch::Tensor> elbos;
  for (std::uint64_t r = 0; r < 600; ++r) {
    const torch::Tensor noise = noise_of(16, 3, 6, 500 + r);
    const Elbo elbo = model->elbo(x, noise.narrow(0, 0, 1));
    elbos.push_back(elbo.log_likelihood - elbo.kl);
    for (const std::int64_t s : {1, 4, 16}) {
      bounds[s].push_back(model->importance_weighted_bound(x, noise.narrow(0, 0, s)));
    }
  }
  // Paired differences over the same noise: the expectation never falls.
  const auto rise = [&](const std::vector<torch::Tensor>& low, const std::vector<torch::Tensor>& high) {
    return estimate(torch::stack(high) - torch::stack(low));
  };
  EXPECT_LT(rise(elbos, bounds[1]).mean.abs().max().item<double>(), 1e-10) << "one sample: the bound is the ELBO";
  for (const auto& [low, high] : {std::pair{1, 4}, std::pair{4, 16}}) {
    const Estimate gain = rise(bounds[low], bounds[high]);
    EXPECT_GT((gain.mean / gain.error).min().item<double>(), 3.0) << low << " to " << high << gain.mean;
  }
}

TEST(Vae, ALinearGaussianModelsBoundConvergesToItsExactLogLikelihood) {
  const LinearVae linear;
  const torch::Tensor x = linear.data(5);
  const torch::Tensor exact = linear.exact_log_likelihood(x);
  double last = std::numeric_limits<double>::infinity();
  for (const std::int64_t samples : {1, 10, 100}) {
    double gap = 0.0;
    for (std::uint64_t r = 0; r < 200; ++r) {
      const torch::Tensor bound = linear.model->importance_weighted_bound(x, noise_of(samples, 5, 2, 100 + r));
      gap += (exact - bound).mean().item<double>() / 200.0;
    }
    EXPECT_GT(gap, 0.0) << samples;
    EXPECT_LT(gap, 0.5 * last) << samples;
    last = gap;
  }
  const torch::Tensor bound = linear.model->importance_weighted_bound(x, noise_of(20000, 5, 2, 7));
  EXPECT_LT((exact - bound).abs().max().item<double>(), 0.05) << exact << bound;
}

TEST(Vae, WithTheExactPosteriorEverySampleGivesTheExactLogLikelihood) {
  const LinearVae linear(/*exact_posterior=*/true);
  const torch::Tensor x = linear.data(5);
  const torch::Tensor exact = linear.exact_log_likelihood(x);
  EXPECT_LT(relative_error(linear.model->importance_weighted_bound(x, noise_of(1, 5, 2)), exact), 1e-10);
  EXPECT_LT(relative_error(linear.model->importance_weighted_bound(x, noise_of(9, 5, 2)), exact), 1e-10);
}

TEST(Vae, LogDensityOfAnImageDoesNotDependOnTheImagesBesideIt) {
  const auto model = example_vae("gmm_vae", "importance_samples: 5");
  const torch::Tensor x = unit_images(7);
  const torch::Tensor all = model->log_density(x);
  EXPECT_LT(
      relative_error(torch::cat({model->log_density(x.narrow(0, 0, 2)), model->log_density(x.narrow(0, 2, 5))}), all),
      1e-13);
  EXPECT_TRUE(model->log_density(x).equal(all));
}

TEST(Vae, ManySamplesAtOnceGiveWhatTheyGiveInParts) {
  const auto model = example_vae("vae");
  const torch::Tensor x = unit_images(2);
  const torch::Tensor noise = noise_of(700, 2, 6);  // more than are decoded together
  const LatentDistribution q = model->posterior(x);
  std::vector<torch::Tensor> single;
  for (std::int64_t s = 0; s < 700; ++s) {
    single.push_back(model->importance_weighted_bound(x, noise.narrow(0, s, 1)));
  }
  const torch::Tensor expected = torch::logsumexp(torch::stack(single), 0) - std::log(700.0);
  EXPECT_LT(relative_error(model->importance_weighted_bound(x, noise), expected), 1e-12);
}

TEST(Vae, TheFirstLogWeightsGiveTheBoundWithFewerSamples) {
  const auto model = example_vae("gmm_vae");
  const torch::Tensor x = unit_images(3);
  const torch::Tensor noise = noise_of(20, 3, 6);
  const torch::Tensor all = model->importance_log_weights(x, noise, model->networks());
  for (const std::int64_t count : {1, 7, 20}) {
    const torch::Tensor expected = model->importance_weighted_bound(x, noise.narrow(0, 0, count));
    EXPECT_LT(relative_error(weighted_bound(all.narrow(0, 0, count)), expected), 1e-12) << count;
  }
}

TEST(Vae, EveryWeightGetsAGradientFromTheElbo) {
  for (const char* name : {"vae", "gmm_vae"}) {
    const auto model = example_vae(name);
    const Elbo elbo = model->elbo(unit_images(4), noise_of(2, 4, 6));
    (elbo.log_likelihood - elbo.kl).sum().backward();
    for (const auto& item : model->named_parameters()) {
      ASSERT_TRUE(item.value().grad().defined()) << name << " " << item.key();
      EXPECT_GT(item.value().grad().abs().max().item<double>(), 0.0) << name << " " << item.key();
    }
  }
}

TEST(Vae, ElbosGradientIsThatOfFiniteDifferences) {
  const auto model = example_vae("gmm_vae");
  const torch::Tensor x = unit_images(2);
  const torch::Tensor noise = noise_of(2, 2, 6);
  const auto value = [&] {
    const Elbo elbo = model->elbo(x, noise);
    return (elbo.log_likelihood - elbo.kl).sum();
  };
  value().backward();
  const torch::NoGradGuard no_graph;
  for (const auto& item : model->named_parameters()) {
    double& entry = item.value().data_ptr<double>()[0];  // entry (0, ..., 0) in any memory format
    const double start = entry;
    const auto at = [&](double shift) {
      entry = start + shift;
      const double result = value().item<double>();
      entry = start;
      return result;
    };
    const double step = 1e-5;
    const double numeric = (at(step) - at(-step)) / (2 * step);
    EXPECT_NEAR(item.value().grad().flatten()[0].item<double>(), numeric, 1e-4 * (1.0 + std::abs(numeric)))
        << item.key();
  }
}

TEST(Vae, RefusesAPriorThatWouldNeedStatistics) {
  EXPECT_THROW(example_vae("gmm_vae", "prior: {name: gaussian_mixture, components: 2, statistics: per_component}"),
               ConfigError);
}

TEST(Vae, GeneratesTheMeanOfTheLikelihoodInItsPixelRange) {
  const auto model = example_vae("vae");
  const torch::Tensor z = noise_of(1, 5, 6).squeeze(0) * 3.0;
  const torch::Tensor images = model->generate(z);
  EXPECT_EQ(images.sizes(), (std::vector<std::int64_t>{5, 1, 12, 10}));
  EXPECT_TRUE(((images > 0) & (images < 1)).all().item<bool>());
  EXPECT_EQ(model->pixel_range(), PixelRange::unit);
  const auto gaussian = example_vae("vae", "likelihood: gaussian");
  EXPECT_EQ(gaussian->pixel_range(), PixelRange::symmetric);
  EXPECT_LT(gaussian->generate(z).min().item<double>(), 0.0);
}

}  // namespace
}  // namespace cebm
