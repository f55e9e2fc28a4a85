// The CUDA engine against the CPU's, against itself without recordings, and its kernels against their bodies.
#include <ATen/ATen.h>
#include <cebm/conditional.h>
#include <cebm/sampler.h>
#include <gmock/gmock.h>

#include "engine/engines.h"
#include "kernels/cuda/runtime.h"
#include "kernels/cuda/work_stream.h"
#include "kernels/device_kernels.h"
#include "models/build_models.h"
#include "support/gpu.h"
#include "support/host_activation.h"
#include "support/numeric.h"

namespace cebm {
namespace {

constexpr double kNoBound = std::numeric_limits<double>::infinity();
constexpr float kNoClip = std::numeric_limits<float>::infinity();
constexpr ImageShape kImage{3, 12, 10};

double cosine(const torch::Tensor& a, const torch::Tensor& b) {
  return at::cosine_similarity(a.reshape({-1}).to(torch::kDouble), b.reshape({-1}).to(torch::kDouble), 0)
      .item<double>();
}

Chains to(const Chains& chains, torch::Device device) {
  return {chains.x.to(device, chains.x.scalar_type(), false, /*copy=*/true), chains.ids.to(device)};
}

/// The gradient that an engine moves chains by.
torch::Tensor engine_gradient(Engine& engine, const torch::Tensor& x, torch::Device device) {
  constexpr float huge = 1048576.0F;
  const Chains chains = to(make_chains(x), device);
  const LangevinStep size{.half_step = huge, .noise = 0.0F, .clip = kNoClip};
  engine.langevin(chains, {.sizes = {&size, 1}});
  return ((x.to(torch::kDouble) - chains.x.cpu().to(torch::kDouble)) / huge).to(torch::kFloat);
}

torch::Tensor exact_gradient(EnergyModel& model, const torch::Tensor& x) {
  return autograd_gradient([&](const torch::Tensor& input) { return model.energy(input); }, x);
}

class GpuEngine : public GpuTest {
 protected:
  struct Call {
    std::int64_t chains = 11;
    std::size_t steps = 4;
    LangevinStep size{.half_step = 0.0005F, .noise = 0.03F, .clip = kNoClip};
    double norm_bound = kNoBound;
  };

  torch::Tensor advanced(Engine& engine, const Call& call, std::uint64_t first_step) const {
    const Chains chains = noise_chains(call.chains, kImage, 4, device_);
    const std::vector<LangevinStep> sizes(call.steps, call.size);
    engine.langevin(chains, {.sizes = sizes, .norm_bound = call.norm_bound, .seed = 9, .first_step = first_step});
    return chains.x.cpu();
  }

  /// By an engine that has recorded nothing.
  torch::Tensor advanced_once(EnergyModel& model, Precision precision, const Call& call,
                              std::uint64_t first_step) const {
    return advanced(*make_cuda_engine(model, device_, precision), call, first_step);
  }

  std::shared_ptr<Cebm> model_on_gpu(Head head = Head::mixture_shared) const {
    auto model = sharp_model(head, kImage);
    model->to(device_);
    return model;
  }
};

TEST_F(GpuEngine, MovesChainsByAutogradsGradient) {
  for (const auto head : {Head::gaussian, Head::mixture_shared, Head::mixture_per_component, Head::igebm}) {
    for (const auto network : {Network::small, Network::paper, Network::authors}) {
      ModelCase which{head, network};
      if (network == Network::small) which.image = kImage;
      const auto model = build_model(which);
      const torch::Tensor x = noise_chains(6, which.image, 5, torch::kCPU).x;
      const torch::Tensor exact = exact_gradient(*model, x);
      model->to(device_);
      const auto single = make_cuda_engine(*model, device_, Precision::float32);
      ASSERT_TRUE(single) << which.name();
      EXPECT_LT(error_of_all_but_one(engine_gradient(*single, x, device_), exact), 1e-5) << which.name();
      const auto half = make_cuda_engine(*model, device_, Precision::bfloat16);
      EXPECT_GT(cosine(engine_gradient(*half, x, device_), exact), 0.99) << which.name();
    }
  }
}

TEST_F(GpuEngine, ServesModelsWithACondition) {
  const auto here = sharp_model(Head::mixture_per_component, kImage);
  const auto there = model_on_gpu(Head::mixture_per_component);
  const torch::Tensor x = noise_chains(7, kImage, 5, torch::kCPU).x;
  const torch::Tensor z = normal({7, 5}, {.seed = 3});
  const torch::Tensor y = torch::tensor({0, 1, 2, 3, 2, 1, 0}, torch::kInt64);
  const auto same = [&](const std::shared_ptr<EnergyModel>& on_cpu, const std::shared_ptr<EnergyModel>& on_gpu) {
    const auto engine = make_cuda_engine(*on_gpu, device_, Precision::float32);
    ASSERT_TRUE(engine);
    for (int call = 0; call < 3; ++call) {
      EXPECT_LT(relative_error(engine_gradient(*engine, x, device_), exact_gradient(*on_cpu, x)), 1e-5);
    }
    EXPECT_EQ(engine->replays(), 2);
  };
  same(energy_given_latent(here, z), energy_given_latent(there, z.to(device_)));
  same(energy_given_latent(here, z.narrow(0, 0, 1)), energy_given_latent(there, z.narrow(0, 0, 1).to(device_)));
  same(energy_given_component(here, y), energy_given_component(there, y.to(device_)));
}

TEST_F(GpuEngine, FollowsTheCpusEngineForSixtySteps) {
  for (const GradientClip clip : {GradientClip::none, GradientClip::norm, GradientClip::value}) {
    SgldOptions options;
    options.alpha = 1e-3;
    options.noise = NoiseScale::sqrt_alpha;
    options.gradient_clip = clip;
    options.gradient_clip_at = 0.02;
    const auto here = sharp_model(Head::mixture_shared, kImage);
    Chains on_cpu = noise_chains(11, kImage, 4, torch::kCPU);
    Chains on_gpu = to(on_cpu, device_);
    make_sgld(options)->advance(*here, on_cpu, 60, 9, 60);
    make_sgld(options)->advance(*model_on_gpu(), on_gpu, 60, 9, 60);
    EXPECT_LT(relative_error(on_gpu.x.cpu(), on_cpu.x), 1e-4);
  }
}

TEST_F(GpuEngine, GivesEachChainItsNoiseAndLeavesThoseThatWouldLeaveTheBox) {
  SgldOptions options;
  options.alpha = 1e-3;
  options.noise = NoiseScale::fixed;
  options.noise_std = 0.02;
  options.boundary = Boundary::reject;
  options.young_calls = 5;
  options.young_noise = 2.0;
  const auto here = sharp_model(Head::mixture_shared, kImage);
  const auto there = model_on_gpu();
  const auto engine = make_cuda_engine(*there, device_, Precision::float32);
  Chains on_cpu = noise_chains(11, kImage, 4, torch::kCPU);
  on_cpu.x.mul_(0.9);
  on_cpu.calls = torch::arange(11, torch::kInt64);
  Chains on_gpu = to(on_cpu, device_);
  on_gpu.calls = on_cpu.calls.to(device_);
  for (std::uint64_t call = 0; call < 3; ++call) {  // the third is replayed
    make_sgld(options)->advance(*make_engine(*here, torch::kCPU), on_cpu, 9, 9, 9 * call);
    make_sgld(options)->advance(*engine, on_gpu, 9, 9, 9 * call);
    EXPECT_LT(relative_error(on_gpu.x.cpu(), on_cpu.x), 1e-4);
  }
}

TEST_F(GpuEngine, GivesTheSameBitsRecordedAndLaunchedOneByOne) {
  for (const Precision precision : {Precision::float32, Precision::bfloat16}) {
    for (const double bound : {kNoBound, 0.02}) {
      const auto model = model_on_gpu();
      const auto engine = make_cuda_engine(*model, device_, precision);
      const Call call{.norm_bound = bound};
      for (std::uint64_t step = 0; step < 20; step += 4) {
        EXPECT_TRUE(at::equal(advanced(*engine, call, step), advanced_once(*model, precision, call, step))) << step;
      }
      EXPECT_EQ(engine->replays(), 4);
    }
  }
}

TEST_F(GpuEngine, SaysThatStepsAreReplayedOnceTheyWere) {
  const auto model = model_on_gpu();
  const auto engine = make_cuda_engine(*model, device_, Precision::float32);
  for (const char* how : {"launched one by one", "launched one by one", "replayed from a CUDA graph"}) {
    EXPECT_THAT(engine->name(), testing::HasSubstr(how));
    advanced(*engine, {}, 0);
  }
}

TEST_F(GpuEngine, ReplaysIntoTheMemoryOfTheCallWhateverCameBetween) {
  const auto model = model_on_gpu();
  for (const double bound : {kNoBound, 0.02}) {
    const auto engine = make_cuda_engine(*model, device_, Precision::float32);
    const Call call{.norm_bound = bound};
    const Call smaller{.chains = 5, .norm_bound = bound};
    for (std::uint64_t i = 0; i < 3; ++i) advanced(*engine, call, i);
    EXPECT_EQ(engine->replays(), 2);
    EXPECT_TRUE(at::equal(advanced(*engine, smaller, 3), advanced_once(*model, Precision::float32, smaller, 3)));
    std::vector<torch::Tensor> between;  // takes the place of what was freed
    for (std::int64_t i = 0; i < 64; ++i) between.push_back(torch::full({8 * (i + 1)}, -1, device_));
    EXPECT_TRUE(at::equal(advanced(*engine, call, 4), advanced_once(*model, Precision::float32, call, 4)));
    EXPECT_EQ(engine->replays(), 3);
    for (const torch::Tensor& tensor : between) EXPECT_TRUE(tensor.eq(-1).all().item<bool>());
  }
}

TEST_F(GpuEngine, RecordsAnewWhenACallDiffers) {
  const auto model = model_on_gpu();
  const auto engine = make_cuda_engine(*model, device_, Precision::float32);
  const LangevinStep clipped{.half_step = 0.001F, .noise = 0.01F, .clip = 0.1F, .boundary = Boundary::reflect};
  const std::vector<Call> calls = {{}, {.chains = 5}, {.steps = 7}, {.size = clipped}, {.norm_bound = 0.02}, {}};
  for (const Call& call : calls) {
    const torch::Tensor expected = advanced_once(*model, Precision::float32, call, 3);
    const std::int64_t before = engine->replays();
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(at::equal(advanced(*engine, call, 3), expected));
    EXPECT_EQ(engine->replays() - before, 2);
  }
}

TEST_F(GpuEngine, CutsLongCallsIntoRecordings) {
  const auto model = model_on_gpu();
  const auto engine = make_cuda_engine(*model, device_, Precision::float32);
  const Chains whole = noise_chains(3, kImage, 4, device_);
  const Chains single = noise_chains(3, kImage, 4, device_);
  const std::vector<LangevinStep> sizes(430, Call{}.size);
  engine->langevin(whole, {.sizes = sizes, .norm_bound = kNoBound, .seed = 9, .first_step = 2});
  EXPECT_EQ(engine->replays(), 3);  // of 100, 100, 100, 100 and 30 steps the first and the last were launched
  for (std::uint64_t t = 0; t < sizes.size(); ++t) {
    make_cuda_engine(*model, device_, Precision::float32)
        ->langevin(single, {.sizes = {&sizes[t], 1}, .norm_bound = kNoBound, .seed = 9, .first_step = 2 + t});
  }
  EXPECT_TRUE(at::equal(whole.x, single.x));
}

TEST_F(GpuEngine, ComputesWithTheWeightsOfTheCall) {
  const auto model = model_on_gpu();
  const auto advance = [&](Engine& engine) {
    Chains chains = noise_chains(3, kImage, 4, device_);
    make_sgld({})->advance(engine, chains, 3, 9, 0);
    return chains.x;
  };
  const auto used = make_engine(*model, device_);
  torch::Tensor before;
  for (int call = 0; call < 3; ++call) before = advance(*used);
  EXPECT_THAT(used->name(), testing::HasSubstr("replayed from a CUDA graph"));
  const auto expect_new_weights = [&](const char* how) {
    for (int call = 0; call < 3; ++call) {
      EXPECT_TRUE(at::equal(advance(*used), advance(*make_engine(*model, device_)))) << how;
    }
    EXPECT_FALSE(at::equal(advance(*used), before)) << how;
  };
  const torch::NoGradGuard no_graph;
  for (auto& parameter : model->parameters()) parameter.mul_(1.1);  // the bias's too, which the recording reads
  expect_new_weights("in place");
  for (auto& parameter : model->parameters()) parameter.set_data(parameter.mul(1.1));
  expect_new_weights("in other storage");
}

TEST_F(GpuEngine, RecordsSchedulesAndObserversWithTheSameBits) {
  const auto model = model_on_gpu();
  const auto engine = make_cuda_engine(*model, device_, Precision::float32);
  SgldOptions options;
  options.step_schedule.kind = ScheduleKind::linear;
  options.noise_schedule.kind = ScheduleKind::polynomial;
  for (std::uint64_t step = 0; step < 24; step += 6) {
    Chains recorded = noise_chains(5, kImage, 4, device_);
    Chains once = noise_chains(5, kImage, 4, device_);
    const Sampler::Observer observer = [](std::int64_t, const Chains&) {};
    make_sgld(options)->advance(*engine, recorded, 6, 9, step, step < 12 ? Sampler::Observer{} : observer);
    make_sgld(options)->advance(*make_cuda_engine(*model, device_, Precision::float32), once, 6, 9, step);
    EXPECT_TRUE(at::equal(recorded.x, once.x)) << step;
  }
  EXPECT_EQ(engine->replays(), 1 + 11);
}

TEST_F(GpuEngine, RoundsToTensorFloat32OnlyWhereAsked) {
  const auto model = build_model({Head::gaussian, Network::paper});
  const torch::Tensor x = noise_chains(6, {1, 28, 28}, 5, torch::kCPU).x;
  const torch::Tensor exact = exact_gradient(*model, x);
  model->to(device_);
  const auto rounded = make_cuda_engine(*model, device_, Precision::tf32);
  EXPECT_GT(cosine(engine_gradient(*rounded, x, device_), exact), 0.9999);
  const auto single = make_cuda_engine(*model, device_, Precision::float32);
  EXPECT_LT(error_of_all_but_one(engine_gradient(*single, x, device_), exact), 1e-5);
}

TEST_F(GpuEngine, LeavesRecordingsAndRandomNumbersAsTheyWereWhereOneIsInvalidated) {
  kernels::cuda::WorkStream stream(0);
  const torch::Tensor sum = torch::zeros({1000}, device_);
  const auto replay = stream.record([&] { sum.add_(1.0); });
  for (int i = 0; i < 2; ++i) {
    EXPECT_ANY_THROW(stream.record([&] { (void)sum.sum().item<float>(); }));  // waits for the device
    (void)torch::randn({10}, device_).sum().item<float>();
    replay();
  }
  EXPECT_EQ(sum.mean().item<double>(), 2.0);
  const auto next = stream.record([&] { sum.add_(torch::ones({1000}, device_)); });
  next();
  EXPECT_EQ(sum.mean().item<double>(), 3.0);
}

TEST_F(GpuEngine, LaunchesStepsOneByOneWhereTheyCannotBeRecorded) {
  const torch::Tensor x = noise_chains(2, kImage, 5, torch::kCPU).x;
  const torch::Tensor z = normal({2, 5}, {.seed = 3});
  // A condition in the CPU's memory has to be copied at every step, which no recording can hold.
  const auto energy = energy_given_latent(model_on_gpu(), z);
  const auto engine = make_cuda_engine(*energy, device_, Precision::float32);
  const auto exact = exact_gradient(*energy_given_latent(sharp_model(Head::mixture_shared, kImage), z), x);
  for (int call = 0; call < 3; ++call) EXPECT_LT(relative_error(engine_gradient(*engine, x, device_), exact), 1e-5);
  EXPECT_THAT(engine->name(), testing::HasSubstr("without a CUDA graph"));
  EXPECT_EQ(engine->replays(), 0);
  // And the next engine is none the worse for it.
  const auto model = model_on_gpu();
  const auto next = make_cuda_engine(*model, device_, Precision::float32);
  for (int call = 0; call < 3; ++call) advanced(*next, {}, 0);
  EXPECT_EQ(next->replays(), 2);
}

TEST_F(GpuEngine, ReplaysWorkOnTheCallersStream) {
  kernels::cuda::WorkStream stream(0);
  const torch::Tensor sum = torch::zeros({1000}, device_);
  const auto add = [&] { sum.add_(1.0); };
  stream.run(add);
  const auto replay = stream.record(add);
  EXPECT_EQ(sum.mean().item<double>(), 1.0);  // recording runs nothing
  for (int i = 0; i < 5; ++i) replay();
  sum.mul_(2.0);
  stream.run(add);
  EXPECT_EQ(sum.min().item<double>(), 13.0);
  EXPECT_EQ(sum.max().item<double>(), 13.0);
  EXPECT_THROW(stream.record([] { throw std::invalid_argument("not this"); }), std::invalid_argument);
  stream.run(add);
  EXPECT_EQ(sum.min().item<double>(), 14.0);
}

TEST_F(GpuEngine, ComputesActivationsAsTheirBodiesDo) {
  at::manual_seed(3);
  void* const stream = kernels::cuda::current_stream(0);
  const auto type = [](Precision format) { return format == Precision::bfloat16 ? torch::kBFloat16 : torch::kFloat; };
  for (const Nonlinearity curve : {Nonlinearity::leaky_relu, Nonlinearity::silu}) {
    for (const Precision sums_format : {Precision::float32, Precision::bfloat16}) {
      for (const Precision values_format : {Precision::float32, Precision::bfloat16}) {
        for (const std::int64_t channels : {1, 6, 64, 1500}) {
          const kernels::ActivationPass pass{.positions = {1003, channels},
                                             .kind = curve,
                                             .slope = 0.2F,
                                             .sums_format = sums_format,
                                             .values_format = values_format};
          torch::Tensor sums = (torch::randn({1003, channels}) * 3).to(type(sums_format));
          const torch::Tensor bias = torch::randn({channels});
          torch::Tensor values = torch::empty_like(sums, type(values_format));
          torch::Tensor there = sums.to(device_);
          torch::Tensor there_values = values.to(device_);
          host_activate(pass, sums.data_ptr(), bias.const_data_ptr<float>(), values.data_ptr(), nullptr);
          kernels::cuda::kernels().activate(pass, there.data_ptr(), bias.to(device_).const_data_ptr<float>(),
                                            there_values.data_ptr(), stream);
          const double tolerance =
              curve == Nonlinearity::leaky_relu ? 1e-30 : 1e-2;  // e^x may round otherwise, then bfloat16
          EXPECT_LE(relative_error(there_values.cpu(), values), tolerance);
          const torch::Tensor gradient = torch::randn({1003, channels}).to(type(values_format));
          const torch::Tensor& kept = kernels::keeps_values(curve) ? values : sums;
          torch::Tensor result = torch::empty_like(sums);
          torch::Tensor there_result = result.to(device_);
          host_pull_back(pass, gradient.const_data_ptr(), kept.const_data_ptr(), result.data_ptr(), nullptr);
          const torch::Tensor there_gradient = gradient.to(device_);
          const torch::Tensor there_kept = kept.to(device_);
          kernels::cuda::kernels().pull_back(pass, there_gradient.const_data_ptr(), there_kept.const_data_ptr(),
                                             there_result.data_ptr(), stream);
          EXPECT_TRUE(at::equal(there_result.cpu(), result));
        }
      }
    }
  }
}

TEST_F(GpuEngine, ClipsByTheNormOfEachRow) {
  for (const std::int64_t length : {1, 31, 256, 784, 3072}) {
    const torch::Tensor rows = torch::randn({70, length}, device_);
    torch::Tensor scale = torch::empty({70}, device_);
    kernels::cuda::kernels().norm_clip(rows.const_data_ptr<float>(), {70, length}, 0.5, scale.data_ptr<float>(),
                                       kernels::cuda::current_stream(0));
    const torch::Tensor expected = (0.5 / rows.to(torch::kDouble).norm(2, {1})).clamp_max(1.0);
    EXPECT_LT(relative_error(scale, expected), 1e-6) << length;
  }
}

}  // namespace
}  // namespace cebm
