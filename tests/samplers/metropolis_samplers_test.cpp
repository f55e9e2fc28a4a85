// The samplers mala and hmc: what they add to a transition.
#include <ATen/ops/allclose.h>
#include <cebm/catalog.h>
#include <cebm/errors.h>
#include <cebm/sampler.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/statistics.h"
#include "support/quadratic_energy.h"

namespace cebm::metropolis_samplers_test {
namespace {

constexpr ImageShape kImage{.channels = 1, .height = 5, .width = 8};

QuadraticEnergy toy() { return {kImage, 0.1, 0.5}; }

double value_of(const StepValues& values, const std::string& name) {
  for (const auto& [key, value] : values) {
    if (key == name) return value.item<double>();
  }
  ADD_FAILURE() << "no " << name;
  return std::nan("");
}

TEST(Mala, MovesAsLangevinDynamicsWhereItAccepts) {
  MalaOptions options;
  options.alpha = 0.02;
  options.temperature = 0.5;
  SgldOptions langevin;
  langevin.alpha = 0.04;  // alpha / 2 dE/dx with noise sqrt(0.5 * 0.04)
  langevin.noise = NoiseScale::sqrt_alpha;
  langevin.temperature = 0.5;
  QuadraticEnergy model = toy();
  Chains adjusted = noise_chains(40, kImage, 3, torch::kCPU);
  Chains plain = noise_chains(40, kImage, 3, torch::kCPU);
  const torch::Tensor start = plain.x.clone();
  make_mala(options)->advance(model, adjusted, 1, 9, 7);
  make_sgld(langevin)->advance(model, plain, 1, 9, 7);
  const torch::Tensor moved = adjusted.x.ne(start).flatten(1).any(1);
  EXPECT_GT(moved.sum().item<std::int64_t>(), 20);
  EXPECT_TRUE(torch::allclose(adjusted.x.index({moved}), plain.x.index({moved}), 1e-5, 1e-6));
}

TEST(Mala, SamplesAtItsTemperature) {
  MalaOptions options;
  options.alpha = 0.1;
  options.temperature = 3.0;
  QuadraticEnergy model = toy();
  Chains chains = noise_chains(1000, kImage, 3, torch::kCPU);
  make_mala(options)->advance(model, chains, 200, 1, 0);
  const std::vector<double> sample = values_of(chains.x);
  const double variance = 3.0 * 0.25;
  const auto n = static_cast<double>(sample.size());
  EXPECT_NEAR(moments_of(sample).mean, 0.1, 4 * std::sqrt(variance / n));
  EXPECT_NEAR(moments_of(sample).variance, variance, 4 * variance * std::sqrt(2 / n));
}

TEST(MetropolisSamplers, PutChainsThatBeginOutsideOntoTheWalls) {
  for (const Walls walls : {Walls::reject, Walls::reflect}) {
    HmcOptions options;
    options.boundary = walls;
    options.step_size = 0.02;
    QuadraticEnergy model = toy();
    torch::Tensor images = torch::zeros({8, 1, 5, 8});
    images.select(3, 0).select(2, 0).fill_(1.5);
    Chains chains = make_chains(images);
    make_hmc(options)->advance(model, chains, 20, 1, 0);
    EXPECT_LE(chains.x.abs().max().item<double>(), 1.0);
    EXPECT_LT(chains.x.select(3, 0).select(2, 0).max().item<double>(), 1.0);
  }
}

template <class Options>
void expect_adaptation(Options options, const std::function<std::shared_ptr<Sampler>(const Options&)>& make) {
  options.adaptation.gain = 0.2;
  options.adaptation.decay = 0.3;
  QuadraticEnergy model = toy();
  const auto engine = make_engine(model, torch::kCPU);
  const auto sampler = make(options);
  Chains chains = noise_chains(50, kImage, 3, torch::kCPU);
  const auto call = [&](Sampler& mover, std::uint64_t n) {
    StepValues values = mover.advance(*engine, chains, 2, 1, 2 * n);
    mover.adapt(values);
    return values;
  };
  for (std::uint64_t n = 0; n < 400; ++n) call(*sampler, n);
  double acceptance = 0;
  for (std::uint64_t n = 400; n < 500; ++n) acceptance += value_of(call(*sampler, n), "acceptance") / 100;
  EXPECT_NEAR(acceptance, options.adaptation.target, 0.03);

  State state;
  sampler->save(state);
  const auto resumed = make(options);
  state.values = nlohmann::json::parse(state.values.dump());  // as a checkpoint does
  resumed->load(state);
  const torch::Tensor here = chains.x.clone();
  for (std::uint64_t n = 500; n < 503; ++n) call(*sampler, n);
  const torch::Tensor expected = chains.x.clone();
  chains.x.copy_(here);
  for (std::uint64_t n = 500; n < 503; ++n) call(*resumed, n);
  EXPECT_TRUE(chains.x.equal(expected));
  EXPECT_THROW(make(options)->load({}), CheckpointError);
}

TEST(Mala, AdaptsItsStepSizeToTheTargetAndKeepsItWhenResumed) {
  MalaOptions options;
  options.alpha = 1e-3;
  expect_adaptation<MalaOptions>(options, make_mala);
}

TEST(Hmc, AdaptsItsStepSizeToTheTargetAndKeepsItWhenResumed) {
  HmcOptions options;
  options.leapfrogs = 3;
  options.step_size = 2.0;
  expect_adaptation<HmcOptions>(options, make_hmc);
}

TEST(MetropolisSamplers, KeepTheirStepSizeWhereAdaptationIsOff) {
  MalaOptions options;
  options.adaptation.enabled = false;
  const auto sampler = make_mala(options);
  QuadraticEnergy model = toy();
  Chains chains = noise_chains(5, kImage, 3, torch::kCPU);
  for (std::uint64_t n = 0; n < 3; ++n) {
    const StepValues values = sampler->advance(model, chains, 1, 1, n);
    EXPECT_FLOAT_EQ(static_cast<float>(value_of(values, "step_size")), 0.01F);
    sampler->adapt(values);
  }
  State state;
  sampler->save(state);
  EXPECT_TRUE(state.values.empty());
  EXPECT_NO_THROW(sampler->load(state));
}

TEST(AdaptedFactor, FollowsRobbinsAndMonroWithinItsRange) {
  AdaptationOptions options(0.6);
  options.gain = 0.5;
  options.decay = 1.0;
  AdaptedFactor factor(options);
  EXPECT_EQ(factor.value(), 1.0);
  factor.update(1.0);
  factor.update(0.2);
  EXPECT_DOUBLE_EQ(factor.value(), std::exp(0.5 * 0.4 - 0.25 * 0.4));
  options.decay = 0.0;
  options.range = 2.0;
  AdaptedFactor bounded(options);
  for (int i = 0; i < 100; ++i) bounded.update(1.0);
  EXPECT_DOUBLE_EQ(bounded.value(), 2.0);
  bounded.update(std::nan(""));
  EXPECT_DOUBLE_EQ(bounded.value(), 2.0);
}

TEST(MetropolisOptions, LetTheGuardScaleTheirSteps) {
  MalaOptions mala;
  EXPECT_TRUE(mala.scale_step_size(0.5));
  EXPECT_DOUBLE_EQ(mala.alpha, 0.005);
  HmcOptions hmc;
  EXPECT_TRUE(hmc.scale_step_size(0.5));
  EXPECT_DOUBLE_EQ(hmc.step_size, 0.05);
}

}  // namespace
}  // namespace cebm::metropolis_samplers_test
