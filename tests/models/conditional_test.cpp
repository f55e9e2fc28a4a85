// p(x | z) and p(x | y): their energies, gradients, and that sampling goes downhill, each image by its own condition.
#include <ATen/Parallel.h>
#include <cebm/conditional.h>
#include <cebm/errors.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "models/build_models.h"
#include "support/folder_test.h"
#include "support/numeric.h"

namespace cebm::conditional_test {
namespace {

constexpr ImageShape image{2, 9, 8};

std::shared_ptr<Cebm> conjugate_model(Head head) { return sharp_model(head, image); }

torch::Tensor codes(std::int64_t count) { return 1.5 * normal({count, 5}, {.seed = 21}); }

std::int64_t component_count(const Cebm& model) {
  return dynamic_cast<const ComponentBias&>(model.bias()).components();
}

torch::Tensor components(const Cebm& model, std::int64_t count) {
  return torch::arange(count, torch::kInt64) % component_count(model);
}

/// Sums out what z does not say: log h(z) of the standard base measure, [B].
torch::Tensor log_base_measure(const torch::Tensor& z) { return GaussianFamily().log_base_measure(z).sum(-1); }

struct Case {
  Head head;
  bool given_latent;

  std::string name() const {
    const char* heads[] = {"cebm", "cebmm_shared", "cebmm_per_component"};
    return std::string(heads[static_cast<int>(head)]) + (given_latent ? "_given_z" : "_given_y");
  }
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const auto head : {Head::gaussian, Head::mixture_shared, Head::mixture_per_component}) {
    for (const bool given_latent : {true, false}) all.push_back({head, given_latent});
  }
  return all;
}

class ConditionalEnergies : public testing::TestWithParam<Case> {
 protected:
  std::shared_ptr<EnergyModel> given(const torch::Tensor& condition) const {
    return GetParam().given_latent ? energy_given_latent(model_, condition) : energy_given_component(model_, condition);
  }
  torch::Tensor conditions(std::int64_t count) const {
    return GetParam().given_latent ? codes(count) : components(*model_, count);
  }

  const std::shared_ptr<Cebm> model_ = conjugate_model(GetParam().head);
};

TEST_P(ConditionalEnergies, GradientEqualsAutograd) {
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    model_->to(type);
    const auto energy = given(conditions(4));
    const torch::Tensor x = (2.0 * images(4, image)).to(type);
    EXPECT_EQ(energy->energy(x).sizes(), (std::vector<std::int64_t>{4}));
    EXPECT_EQ(energy->energy(x).scalar_type(), type);
    const torch::Tensor expected =
        autograd_gradient([&](const torch::Tensor& input) { return energy->energy(input); }, x);
    EXPECT_LT(relative_error(energy->input_gradient(x), expected), type == torch::kFloat32 ? 1e-5 : 1e-10);
  }
}

TEST_P(ConditionalEnergies, GradientLeavesNoGraphAndNoGradients) {
  const torch::Tensor x = images(2, image).requires_grad_(true);
  EXPECT_FALSE(given(conditions(2))->input_gradient(x).requires_grad());
  EXPECT_FALSE(x.grad().defined());
  for (const auto& parameter : model_->parameters()) EXPECT_FALSE(parameter.grad().defined());
}

/// Gradient descent: half a step of 0.01 times the gradient, no noise.
std::shared_ptr<Sampler> descent() {
  SgldOptions options;
  options.alpha = 0.01;
  options.noise = NoiseScale::fixed;
  options.noise_std = 0.0;
  return make_sgld(options);
}

TEST_P(ConditionalEnergies, SamplingWithoutNoiseLowersEveryImagesEnergyAtEveryStep) {
  const auto energy = given(conditions(24));
  Chains chains = noise_chains(24, image, /*seed=*/3, torch::kCPU);
  const torch::NoGradGuard no_graph;
  torch::Tensor before = energy->energy(chains.x);
  const torch::Tensor start = before;
  descent()->advance(*energy, chains, 20, /*seed=*/1, /*first_step=*/0, [&](std::int64_t step, const Chains& now) {
    const torch::Tensor after = energy->energy(now.x);
    EXPECT_TRUE((after < before).all().item<bool>()) << "step " << step;
    before = after;
  });
  EXPECT_LT((before - start).max().item<double>(), -1e-3);
}

TEST_P(ConditionalEnergies, EachChainFollowsItsOwnCondition) {
  // A batch of 40 with different conditions moves as batches of one do, each with its condition for all.
  const torch::Tensor conditions = this->conditions(40);
  Chains together = noise_chains(40, image, /*seed=*/3, torch::kCPU);
  const torch::Tensor start = together.x.clone();
  make_sgld({})->advance(*given(conditions), together, 4, /*seed=*/1, /*first_step=*/0);
  for (const std::int64_t row : {0, 15, 16, 33, 39}) {
    Chains alone{start.narrow(0, row, 1).contiguous(torch::MemoryFormat::ChannelsLast), torch::full({1}, row)};
    make_sgld({})->advance(*given(conditions.narrow(0, row, 1)), alone, 4, /*seed=*/1, /*first_step=*/0);
    EXPECT_LT(relative_error(together.x.narrow(0, row, 1), alone.x), 1e-5) << row;
  }
  // The condition matters: with its neighbour's the chain goes elsewhere.
  Chains shifted{start.contiguous(torch::MemoryFormat::ChannelsLast), torch::arange(40)};
  make_sgld({})->advance(*given(conditions.roll(1, 0)), shifted, 4, /*seed=*/1, /*first_step=*/0);
  const torch::Tensor difference = (shifted.x - together.x).abs().flatten(1).amax(1);
  if (!GetParam().given_latent && component_count(*model_) == 1) return;
  EXPECT_GT(difference.min().item<double>(), 1e-3);
}

TEST_P(ConditionalEnergies, ChainsAreTheSameBitsInParts) {
  const torch::Tensor conditions = this->conditions(40);
  Chains whole = noise_chains(40, image, /*seed=*/3, torch::kCPU);
  const torch::Tensor start = whole.x.clone();
  make_sgld({})->advance(*given(conditions), whole, 4, /*seed=*/1, /*first_step=*/0);
  for (const auto& [begin, size] : {std::pair{0, 16}, std::pair{16, 24}}) {
    Chains part{start.narrow(0, begin, size), torch::arange(begin, begin + size)};
    make_sgld({})->advance(*given(conditions.narrow(0, begin, size)), part, 4, /*seed=*/1, /*first_step=*/0);
    EXPECT_TRUE(part.x.equal(whole.x.narrow(0, begin, size))) << begin;
  }
}

TEST_P(ConditionalEnergies, ChainsAreTheSameBitsForAnyNumberOfThreads) {
  const int threads = at::get_num_threads();
  std::vector<torch::Tensor> results;
  for (const int n : {1, 2, 3}) {
    at::set_num_threads(n);
    Chains chains = noise_chains(40, image, /*seed=*/3, torch::kCPU);
    make_sgld({})->advance(*given(conditions(40)), chains, 4, /*seed=*/1, /*first_step=*/0);
    results.push_back(chains.x);
  }
  at::set_num_threads(threads);
  EXPECT_TRUE(results[0].equal(results[1]));
  EXPECT_TRUE(results[0].equal(results[2]));
}

TEST_P(ConditionalEnergies, OneConditionServesAllImages) {
  const torch::Tensor x = images(5, image);
  const auto shared = given(conditions(1));
  std::vector<std::int64_t> sizes = conditions(1).sizes().vec();
  sizes[0] = 5;
  const auto repeated = given(conditions(1).expand(sizes));
  EXPECT_EQ(shared->rows(1, 2), nullptr);
  EXPECT_TRUE(shared->energy(x).equal(repeated->energy(x)));
  EXPECT_TRUE(shared->input_gradient(x).equal(repeated->input_gradient(x)));
}

TEST_P(ConditionalEnergies, RefuseABatchOfAnotherSizeThanTheConditions) {
  const auto energy = given(conditions(3));
  EXPECT_THROW(energy->energy(images(4, image)), std::invalid_argument);
  EXPECT_THROW(energy->input_gradient(images(2, image)), std::invalid_argument);
  EXPECT_EQ(energy->rows(1, 2)->energy(images(2, image)).sizes(), (std::vector<std::int64_t>{2}));
  EXPECT_THROW(energy->rows(1, 3), std::invalid_argument);
  Chains chains = noise_chains(4, image, /*seed=*/3, torch::kCPU);
  EXPECT_THROW(descent()->advance(*energy, chains, 1, 1, 0), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(Models, ConditionalEnergies, testing::ValuesIn(cases()),
                         [](const auto& which) { return which.param.name(); });

constexpr Head heads[] = {Head::gaussian, Head::mixture_shared, Head::mixture_per_component};

TEST(EnergyGivenLatent, IsTheEnergyAndThePosteriorTogether) {
  // log p(z | x) = -E(x, z) + E(x) + log h(z).
  for (const auto head : heads) {
    const auto model = conjugate_model(head);
    model->to(torch::kFloat64);
    const torch::Tensor x = images(6, image).to(torch::kFloat64);
    const torch::Tensor z = codes(6).to(torch::kFloat64);
    const torch::Tensor expected = model->energy(x) + log_base_measure(z) - model->posterior(x).log_prob(z);
    EXPECT_LT(relative_error(energy_given_latent(model, z)->energy(x), expected), 1e-12);
  }
}

TEST(EnergyGivenLatent, IntegratesOverZToTheEnergy) {
  const auto family = std::make_shared<GaussianFamily>();
  for (const bool per_component : {false, true}) {
    const auto bias = std::make_shared<MixtureBias>(family, normal({3, 2, 1}, {.seed = 2}), false, per_component);
    const auto encoder = make_cnn(network_options({Head::gaussian}), {image, bias->statistic_sets() * 2, 1});
    const StatisticMaps maps(bias->domain(), find_statistic_map("negative_square"));
    const auto model = std::make_shared<Cebm>(image, encoder, maps, bias);
    model->to(torch::kFloat64);
    const torch::NoGradGuard no_graph;
    const torch::Tensor x = images(3, image).to(torch::kFloat64);
    const Grid line = fine_grid(-30, 30, 1201);
    torch::Tensor integral = torch::zeros({3}, torch::kFloat64);
    for (std::int64_t i = 0; i < line.points.size(0); ++i) {
      const torch::Tensor z = line.points.narrow(0, i, 1).unsqueeze(1);
      integral += (log_base_measure(z) - energy_given_latent(model, z)->energy(x)).exp() * line.spacing;
    }
    EXPECT_LT(relative_error(integral.log(), -model->energy(x)), 1e-10) << per_component;
  }
}

TEST(EnergyGivenLatent, IsThePapersFormula) {
  // Standard normal bias: E(x, z) = -sum_k {t_1 z + (t_2 - 1/2) z^2}, A(lambda) = 0.
  const auto bias =
      std::make_shared<MixtureBias>(std::make_shared<GaussianFamily>(), torch::zeros({1, 2, 5}), false, false);
  const auto encoder = make_cnn(network_options({Head::gaussian}), {image, 10, 1});
  const StatisticMaps maps(bias->domain(), find_statistic_map("negative_square"));
  const auto model = std::make_shared<Cebm>(image, encoder, maps, bias);
  const torch::Tensor x = images(4, image);
  const torch::Tensor z = codes(4);
  const torch::Tensor n = encoder->forward(x);
  const torch::Tensor expected = -(n.narrow(1, 0, 5) * z + (-n.narrow(1, 5, 5).square() - 0.5) * z.square()).sum(1);
  EXPECT_LT(relative_error(energy_given_latent(model, z)->energy(x), expected), 1e-6);
}

TEST(EnergyGivenComponent, AddsUpOverTheComponentsToTheEnergy) {
  for (const auto head : heads) {
    const auto model = conjugate_model(head);
    model->to(torch::kFloat64);
    const torch::Tensor x = images(6, image).to(torch::kFloat64);
    std::vector<torch::Tensor> all;
    for (std::int64_t l = 0; l < component_count(*model); ++l) {
      all.push_back(-energy_given_component(model, torch::full({1}, l, torch::kInt64))->energy(x));
    }
    EXPECT_LT(relative_error(torch::logsumexp(torch::stack(all), 0), -model->energy(x)), 1e-12);
  }
}

TEST(EnergyGivenComponent, RefusesAComponentThatTheModelDoesNotHave) {
  const auto model = conjugate_model(Head::mixture_shared);
  for (const std::int64_t component : {-1, 4}) {
    const auto build = [&] { energy_given_component(model, torch::tensor({0, int(component)}, torch::kInt64)); };
    EXPECT_EQ(message_of<ConfigError>(build),
              "component " + std::to_string(component) + ": this model's bias has components 0 to 3");
  }
  EXPECT_THROW(energy_given_component(model, torch::zeros({2})), std::invalid_argument);
  EXPECT_THROW(energy_given_component(model, torch::zeros({2, 1}, torch::kInt64)), std::invalid_argument);
}

TEST(EnergyGivenLatent, RefusesCodesOfAnotherShape) {
  const auto model = conjugate_model(Head::gaussian);
  EXPECT_THROW(energy_given_latent(model, torch::zeros({3, 4})), std::invalid_argument);
  EXPECT_THROW(energy_given_latent(model, torch::zeros({5})), std::invalid_argument);
  EXPECT_THROW(energy_given_latent(model, torch::zeros({3, 5}, torch::kInt64)), std::invalid_argument);
}

/// A bias that gives a marginal and a posterior, nothing more.
class MarginalBias final : public ConjugateBias {
 public:
  std::int64_t latent_dim() const override { return gaussian_->latent_dim(); }
  std::int64_t statistic_sets() const override { return gaussian_->statistic_sets(); }
  std::vector<Domain> domain() const override { return gaussian_->domain(); }
  torch::Tensor log_partition_difference(const torch::Tensor& t) const override {
    return gaussian_->log_partition_difference(t);
  }
  torch::Tensor mean_parameters(const torch::Tensor& t) const override { return gaussian_->mean_parameters(t); }
  LatentDistribution posterior(const torch::Tensor& t) const override { return gaussian_->posterior(t); }
  LatentDistribution distribution() const override { return gaussian_->distribution(); }

 private:
  std::shared_ptr<MixtureBias> gaussian_ =
      std::make_shared<MixtureBias>(std::make_shared<GaussianFamily>(), torch::zeros({1, 2, 5}), false, false);
};

TEST(ConditionalEnergy, IsRefusedForABiasThatDoesNotOfferIt) {
  const auto bias = std::make_shared<MarginalBias>();
  const auto encoder = make_cnn(network_options({Head::gaussian}), {image, 10, 1});
  const StatisticMaps maps(bias->domain(), find_statistic_map("negative_square"));
  const auto model = std::make_shared<Cebm>(image, encoder, maps, bias);
  EXPECT_THROW(energy_given_latent(model, codes(2)), ConfigError);
  EXPECT_THROW(energy_given_component(model, torch::zeros({2}, torch::kInt64)), ConfigError);
}

}  // namespace
}  // namespace cebm::conditional_test
