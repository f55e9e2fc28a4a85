// The CUDA engine as a whole, its kernels on the CPU layer, against autograd and the CPU's engine.
#include <ATen/ATen.h>
#include <cebm/catalog.h>
#include <cebm/conditional.h>
#include <cebm/joint.h>
#include <cebm/run.h>
#include <cebm/sampler.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "contract/rows.h"
#include "cuda_on_cpu/back_end.h"
#include "cuda_on_cpu/fibers.h"
#include "engine/engines.h"
#include "models/build_models.h"
#include "support/numeric.h"

namespace cebm::device_engine_test {
namespace {

constexpr ImageShape kImage{3, 6, 5};
constexpr ImageShape kPlain{2, 6, 6};  // whose first layer is LibTorch's, which takes no fibers
constexpr double kNoBound = std::numeric_limits<double>::infinity();

double cosine(const torch::Tensor& a, const torch::Tensor& b) {
  return at::cosine_similarity(a.reshape({-1}).to(torch::kDouble), b.reshape({-1}).to(torch::kDouble), 0)
      .item<double>();
}

/// The gradient that an engine moves chains by.
torch::Tensor followed_gradient(Engine& engine, const torch::Tensor& x, Boundary boundary = Boundary::none,
                                double norm_bound = kNoBound) {
  constexpr float huge = 1048576.0F;
  const Chains chains = make_chains(x);
  const LangevinStep size{.half_step = huge, .boundary = boundary};
  engine.langevin(chains, {.sizes = {&size, 1}, .norm_bound = norm_bound});
  return ((x.to(torch::kDouble) - chains.x.to(torch::kDouble)) / huge).to(torch::kFloat);
}

torch::Tensor exact_gradient(EnergyModel& model, const torch::Tensor& x) {
  return autograd_gradient([&](const torch::Tensor& input) { return model.energy(input); }, x);
}

class DeviceEngines : public testing::TestWithParam<ModelCase> {};

TEST_P(DeviceEngines, MoveChainsByAutogradsGradient) {
  const auto model = build_model(GetParam());
  const torch::Tensor x = noise_chains(4, GetParam().image, /*seed=*/5, torch::kCPU).x;
  const torch::Tensor exact = exact_gradient(*model, x);
  for (const Precision precision : {Precision::float32, Precision::tf32}) {  // a CPU rounds no factors
    const auto engine = engine_on_cpu(*model, precision);
    ASSERT_TRUE(engine);
    EXPECT_LT(error_of_all_but_one(followed_gradient(*engine, x), exact), 1e-5);
    // By the way that writes the gradient down.
    EXPECT_LT(error_of_all_but_one(followed_gradient(*engine, x, Boundary::none, 1e30), exact), 1e-5);
  }
  const auto half = engine_on_cpu(*model, Precision::bfloat16);
  EXPECT_GT(cosine(followed_gradient(*half, x), exact), 0.99);
}

std::vector<ModelCase> cases() {
  std::vector<ModelCase> all;
  for (const auto head : {Head::gaussian, Head::mixture_shared, Head::mixture_per_component, Head::igebm}) {
    all.push_back({head, Network::small, true, "negative_square", kImage});
    all.push_back({head, Network::paper});
    all.push_back({head, Network::authors});
  }
  all.push_back({Head::mixture_per_component, Network::small, true, "negative_softplus", {1, 11, 9}});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Models, DeviceEngines, testing::ValuesIn(cases()),
                         [](const auto& which) { return which.param.name(); });

/// Where the configurations are: a bundle for another machine brings its own.
std::filesystem::path configurations() {
  const char* const told = std::getenv("CEBM_TEST_CONFIGS");
  return told != nullptr ? told : CEBM_TEST_CONFIGS_DIR;
}

TEST(DeviceEngine, MakesTwentyStepsOfTheQuickConfigurationAsTheCpusEngineDoes) {
  RunConfig config(catalog());
  read_options(load_config(configurations() / "fashion_mnist_cebm_quick.yaml"), config);
  const ImageShape image{1, 28, 28};
  const auto model = std::dynamic_pointer_cast<EnergyModel>(config.model.build(ModelContext{image, 1}));
  const auto sampler = config.sampler().build();
  Chains here = noise_chains(3, image, 4, torch::kCPU);
  Chains there = noise_chains(3, image, 4, torch::kCPU);
  sampler->advance(*make_cpu_engine(*model, torch::kCPU, Precision::float32), here, 20, 9, 60);
  const auto engine = engine_on_cpu(*model);
  sampler->advance(*engine, there, 20, 9, 60);
  EXPECT_LT(relative_error(there.x, here.x), 1e-5);
}

/// Whose gradient is 0, so that chains are moved by noise alone.
std::shared_ptr<EnergyModel> flat_model(ImageShape image) {
  auto model = build_model({Head::igebm, Network::small, true, "negative_square", image});
  const torch::NoGradGuard no_graph;
  for (auto& parameter : model->parameters()) parameter.zero_();
  return model;
}

TEST(DeviceEngine, AddsTheCpusNoiseBitForBit) {
  const auto model = flat_model(kImage);
  for (const Boundary boundary : {Boundary::none, Boundary::clamp, Boundary::reflect, Boundary::reject}) {
    const std::vector<LangevinStep> sizes(6, {.half_step = 0.1F, .noise = 0.01F, .boundary = boundary});
    const LangevinSteps steps{.sizes = sizes, .seed = 9, .first_step = (1ULL << 40) + 3};
    const Chains here = noise_chains(3, kImage, 4, torch::kCPU);
    const Chains there = noise_chains(3, kImage, 4, torch::kCPU);
    make_cpu_engine(*model, torch::kCPU, Precision::float32)->langevin(here, steps);
    engine_on_cpu(*model)->langevin(there, steps);
    EXPECT_TRUE(at::equal(there.x, here.x));
  }
}

TEST(DeviceEngine, FollowsTheCpusEngineWithEveryClipBoundaryAndNoiseOfItsOwn) {
  const auto model = sharp_model(Head::mixture_shared, kImage);
  for (const GradientClip clip : {GradientClip::none, GradientClip::norm, GradientClip::value}) {
    for (const Boundary boundary : {Boundary::clamp, Boundary::reflect, Boundary::reject}) {
      SgldOptions options;
      options.alpha = 1e-3;
      options.noise = NoiseScale::fixed;
      options.noise_std = 0.02;
      options.boundary = boundary;
      options.gradient_clip = clip;
      options.gradient_clip_at = 0.02;
      options.young_calls = 5;
      options.young_noise = 2.0;
      Chains here = noise_chains(2, kImage, 4, torch::kCPU);
      here.x.mul_(0.9);
      here.calls = torch::arange(2, torch::kInt64);
      Chains there{here.x.clone(), here.ids, here.calls};
      make_sgld(options)->advance(*make_engine(*model, torch::kCPU), here, 3, 9, 60);
      make_sgld(options)->advance(*engine_on_cpu(*model), there, 3, 9, 60);
      EXPECT_LT(relative_error(there.x, here.x), 1e-5);
    }
  }
}

TEST(DeviceEngine, GivesTheSameBitsInEveryOrderOfItsThreads) {
  const auto model = sharp_model(Head::mixture_per_component, kImage);
  const auto moved = [&](std::uint64_t seed) {
    const cuda_on_cpu::Order order(seed);
    Chains chains = noise_chains(3, kImage, 4, torch::kCPU);
    SgldOptions options;
    options.gradient_clip = GradientClip::norm;
    make_sgld(options)->advance(*engine_on_cpu(*model), chains, 3, 9, 60);
    return chains.x;
  };
  const torch::Tensor in_turn = moved(0);
  for (const std::uint64_t seed : {1, 2, 3}) EXPECT_TRUE(at::equal(moved(seed), in_turn)) << seed;
}

TEST(DeviceEngine, ServesConditionsAndOtherHeadsThroughLibTorch) {
  const auto model = sharp_model(Head::mixture_per_component, kImage);
  const torch::Tensor x = noise_chains(3, kImage, 5, torch::kCPU).x;
  const auto given = energy_given_latent(model, normal({3, 5}, {.seed = 3}));
  const auto engine = engine_on_cpu(*given);
  ASSERT_TRUE(engine);
  EXPECT_THAT(engine->name(), testing::HasSubstr("the head through LibTorch"));
  EXPECT_LT(relative_error(followed_gradient(*engine, x), exact_gradient(*given, x)), 1e-5);
}

TEST(DeviceEngine, IsNamedAfterItsPrecisionForTheStepsOfSgldAlone) {
  const auto model = sharp_model(Head::gaussian, kImage);
  const auto engine = engine_on_cpu(*model, Precision::bfloat16);
  EXPECT_THAT(engine->name(),
              testing::MatchesRegex("SGLD steps: .*bfloat16.*; all else: LibTorch's operations, float32"));
  const torch::Tensor x = noise_chains(3, kImage, 5, torch::kCPU).x;
  EXPECT_TRUE(at::equal(engine->gradient(x), make_tensor_engine(*model)->gradient(x)));
}

/// How often an engine replayed over calls of an unconditional sampler.
struct Call {
  std::int64_t steps = 3;
  ScheduleKind schedule = ScheduleKind::constant;
  std::int64_t chains = 2;
};

std::int64_t replays_of(const std::vector<Call>& calls) {
  const auto model = flat_model(kPlain);
  const auto engine = engine_on_cpu(*model);
  std::uint64_t step = 0;
  for (const Call& call : calls) {
    SgldOptions options;
    options.step_schedule.kind = call.schedule;
    Chains chains = noise_chains(call.chains, kPlain, 4, torch::kCPU);
    make_sgld(options)->advance(*engine, chains, call.steps, 9, step);
    step += static_cast<std::uint64_t>(call.steps);
  }
  return engine->replays();
}

TEST(DeviceEngine, ReplaysCallsWhateverTheSizesOfTheirSteps) {
  EXPECT_EQ(replays_of({{}, {}, {}}), 2);
  const Call linear{.schedule = ScheduleKind::linear};
  EXPECT_EQ(replays_of({linear, linear, {}, {.schedule = ScheduleKind::polynomial}}), 3);
}

TEST(DeviceEngine, ReplaysLongCallsInParts) {
  const Call longest{.steps = 250, .schedule = ScheduleKind::linear, .chains = 1};
  EXPECT_EQ(replays_of({longest, longest}), 1 + 3);  // of 100, 100 and 50 steps: the second part, and all of the second
}

TEST(DeviceEngine, ReplaysAStepAtATimeForAnObserver) {
  const auto model = flat_model(kPlain);
  const auto engine = engine_on_cpu(*model);
  SgldOptions options;
  options.step_schedule.kind = ScheduleKind::linear;
  Chains chains = noise_chains(2, kPlain, 4, torch::kCPU);
  make_sgld(options)->advance(*engine, chains, 6, 9, 0, [](std::int64_t, const Chains&) {});
  EXPECT_EQ(engine->replays(), 5);
}

TEST(DeviceEngine, KeepsRecordingsOfTwoCountsOfChains) {
  const Call few{.chains = 1};
  EXPECT_EQ(replays_of({{}, {}, few, {}, few, {}, few}), 5);
}

TEST(DeviceEngine, MovesByTheSameNumbersReplayedOrNot) {
  const auto model = sharp_model(Head::mixture_shared, kImage);
  const auto engine = engine_on_cpu(*model);
  SgldOptions options;
  options.step_schedule.kind = ScheduleKind::polynomial;
  options.boundary = Boundary::reject;
  for (std::uint64_t step = 0; step < 12; step += 4) {
    Chains replayed = noise_chains(3, kImage, 4, torch::kCPU);
    Chains once = noise_chains(3, kImage, 4, torch::kCPU);
    make_sgld(options)->advance(*engine, replayed, 4, 9, step);
    make_sgld(options)->advance(*engine_on_cpu(*model), once, 4, 9, step);
    EXPECT_TRUE(at::equal(replayed.x, once.x)) << step;
  }
  EXPECT_EQ(engine->replays(), 2);
}

TEST(DeviceEngine, TakesTheWeightsOfTheCall) {
  const auto model = sharp_model(Head::gaussian, kImage);
  const auto engine = engine_on_cpu(*model);
  const torch::Tensor x = noise_chains(3, kImage, 5, torch::kCPU).x;
  const torch::NoGradGuard no_graph;
  for (int call = 0; call < 3; ++call) {
    EXPECT_LT(relative_error(followed_gradient(*engine, x), exact_gradient(*model, x)), 1e-5);
    for (auto& parameter : model->parameters()) parameter.mul_(1.1);
  }
  EXPECT_EQ(engine->replays(), 2);
}

}  // namespace
}  // namespace cebm::device_engine_test
