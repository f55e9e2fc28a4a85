// The engines of the CPU against autograd, and the sampler above them.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <cebm/conditional.h>
#include <cebm/sampler.h>
#include <gtest/gtest.h>

#include "contract/rows.h"
#include "engine/engines.h"
#include "models/build_models.h"
#include "support/numeric.h"

namespace cebm {
namespace {

std::vector<ModelCase> cases() {
  std::vector<ModelCase> all;
  for (const auto head : {Head::gaussian, Head::mixture_shared, Head::mixture_per_component, Head::igebm}) {
    all.push_back({head, Network::small, true, "negative_square", {3, 12, 10}});
    all.push_back({head, Network::paper});
    all.push_back({head, Network::authors});
  }
  all.push_back({Head::gaussian, Network::small, false, "negative_softplus", {3, 12, 10}});
  all.push_back({Head::mixture_shared, Network::small, false, "negative_softplus", {1, 11, 9}});
  all.push_back({Head::gaussian, Network::paper, true, "negative_square", {3, 32, 32}});
  return all;
}

std::vector<std::string> activation_names() {
  std::vector<std::string> names;
  for (const ActivationEntry& row : catalog().activations.rows()) names.push_back(row.name);
  return names;
}

constexpr float kHuge = 1048576.0F;  // 2^20: what a step of that size adds is the gradient, exactly scaled

/// The gradient that an engine moves chains by.
torch::Tensor followed_gradient(Engine& engine, const torch::Tensor& x) {
  Chains chains = make_chains(x);
  const LangevinStep size{.half_step = kHuge};
  engine.langevin(chains, {.sizes = {&size, 1}});
  return ((x.to(torch::kDouble) - chains.x.to(torch::kDouble)) / kHuge).to(torch::kFloat);
}

torch::Tensor exact_gradient(EnergyModel& model, const torch::Tensor& x) {
  return autograd_gradient([&](const torch::Tensor& input) { return model.energy(input); }, x);
}

torch::Tensor pictures(std::int64_t count, ImageShape image) {
  return noise_chains(count, image, /*seed=*/5, torch::kCPU).x;
}

double cosine(const torch::Tensor& a, const torch::Tensor& b) {
  return at::cosine_similarity(a.flatten().to(torch::kDouble), b.flatten().to(torch::kDouble), 0).item<double>();
}

class CpuEngine : public testing::TestWithParam<ModelCase> {};

TEST_P(CpuEngine, MovesChainsByAutogradsGradient) {
  const auto model = build_model(GetParam());
  const torch::Tensor x = pictures(6, GetParam().image);
  const torch::Tensor exact = exact_gradient(*model, x);
  const auto single = make_cpu_engine(*model, torch::kCPU, Precision::float32);
  ASSERT_TRUE(single);
  EXPECT_LT(error_of_all_but_one(followed_gradient(*single, x), exact), 1e-5);
  EXPECT_LT(error_of_all_but_one(single->gradient(x), exact), 1e-5);
  const auto half = make_cpu_engine(*model, torch::kCPU, Precision::bfloat16);
  EXPECT_GT(cosine(followed_gradient(*half, x), exact), 0.99);
  EXPECT_GT(cosine(half->gradient(x), exact), 0.99);
}

TEST_P(CpuEngine, GivesTheModelsEnergiesAndOutputs) {
  const auto model = build_model(GetParam());
  const torch::Tensor x = pictures(21, GetParam().image);
  const auto engine = make_cpu_engine(*model, torch::kCPU, Precision::float32);
  const auto reference = make_tensor_engine(*model);
  EXPECT_LT(error_of_all_but_one(reference->gradient(x), exact_gradient(*model, x)), 1e-5);
  const auto exact = build_model(GetParam());
  exact->to(torch::kFloat64);
  const torch::NoGradGuard no_graph;
  const torch::Tensor energies = exact->energy(x.to(torch::kFloat64));
  const torch::Tensor outputs = dynamic_cast<EncodedModel&>(*exact).encoder().forward(x.to(torch::kFloat64));
  for (Engine* const each : {engine.get(), reference.get()}) {
    EXPECT_LT(relative_error(each->outputs(x), outputs), 1e-5) << each->name();
    // Mixtures subtract large numbers.
    EXPECT_LT(relative_error(each->energies(x), energies), 1e-4) << each->name();
  }
  // Summed by parts: about as near to float64 as LibTorch, or nearer.
  EXPECT_LT(relative_error(engine->energies(x), energies), 4.0 * relative_error(model->energy(x), energies) + 1e-6);
}

TEST_P(CpuEngine, GivesAnImageTheSameBitsInAnyBatchOnAnyNumberOfThreads) {
  const auto model = build_model(GetParam());
  const torch::Tensor x = pictures(37, GetParam().image);
  for (const auto& engine : {make_cpu_engine(*model, torch::kCPU, Precision::float32), make_tensor_engine(*model)}) {
    const torch::Tensor energies = engine->energies(x);
    const torch::Tensor gradient = engine->gradient(x);
    const int threads = at::get_num_threads();
    for (const int count : {1, 2, 4}) {
      at::set_num_threads(count);
      EXPECT_TRUE(at::equal(engine->energies(x), energies)) << engine->name() << ", threads: " << count;
      EXPECT_TRUE(at::equal(engine->gradient(x), gradient)) << engine->name() << ", threads: " << count;
    }
    at::set_num_threads(threads);
    for (const auto& [begin, size] : {std::pair{0, 16}, {16, 1}, {16, 21}, {32, 5}}) {
      const torch::Tensor part = x.narrow(0, begin, size);
      EXPECT_TRUE(at::equal(engine->energies(part), energies.narrow(0, begin, size))) << engine->name() << size;
      EXPECT_TRUE(at::equal(engine->gradient(part), gradient.narrow(0, begin, size))) << engine->name() << size;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, CpuEngine, testing::ValuesIn(cases()),
                         [](const auto& which) { return which.param.name(); });

/// An activation of one's own, which no kernel knows.
torch::Tensor bent(const torch::Tensor& a, double) { return at::softplus(a) - 0.5 * a; }
torch::Tensor bent_back(const torch::Tensor& a, const torch::Tensor& gradient, double) {
  return (at::sigmoid(a) - 0.5) * gradient;
}

TEST(CpuEngine, LeavesAnActivationOfOnesOwnToLibTorch) {
  Catalog catalog;
  catalog.activations.add({.name = "bent", .summary = "bent", .value = bent, .pull_back = bent_back});
  const auto activation = std::make_shared<Activation>(catalog);
  activation->select("bent");
  const ModelCase which{Head::igebm, Network::small, true, "negative_square", {3, 12, 10}, activation};
  const auto model = build_model(which);
  EXPECT_EQ(make_cpu_engine(*model, torch::kCPU, Precision::float32), nullptr);
  const torch::Tensor x = pictures(6, which.image);
  EXPECT_LT(error_of_all_but_one(make_engine(*model, torch::kCPU)->gradient(x), exact_gradient(*model, x)), 1e-5);
}

/// As many biases as there are ways to be no mixture of Gaussians: the family is one of its own, of the same name.
class OtherGaussian final : public ExponentialFamily {
 public:
  std::string name() const override { return gaussian_.name(); }
  std::vector<Domain> domain() const override { return gaussian_.domain(); }
  torch::Tensor sufficient_statistics(const torch::Tensor& z) const override {
    return gaussian_.sufficient_statistics(z);
  }
  torch::Tensor log_partition(const torch::Tensor& natural) const override {
    return 2.0 * gaussian_.log_partition(natural);
  }
  torch::Tensor mean_parameters(const torch::Tensor& natural) const override {
    return 2.0 * gaussian_.mean_parameters(natural);
  }
  torch::Tensor log_base_measure(const torch::Tensor& z) const override { return gaussian_.log_base_measure(z); }
  torch::Tensor mean(const torch::Tensor& natural) const override { return gaussian_.mean(natural); }
  torch::Tensor variance(const torch::Tensor& natural) const override { return gaussian_.variance(natural); }
  torch::Tensor sample(const torch::Tensor& natural, const Draws& draws) const override {
    return gaussian_.sample(natural, draws);
  }
  torch::Tensor natural_from_unconstrained(const torch::Tensor& parameters) const override {
    return gaussian_.natural_from_unconstrained(parameters);
  }

 private:
  GaussianFamily gaussian_;
};

TEST(CpuEngine, TakesNoOtherFamilyForTheOneThatItsLoopsKnow) {
  const ImageShape image{1, 12, 10};
  const auto bias = std::make_shared<MixtureBias>(std::make_shared<OtherGaussian>(), normal({2, 2, 3}, {.seed = 1}),
                                                  /*learnable=*/true, /*per_component=*/false);
  CnnOptions options = cnn_options({4}, "silu", {});
  options.kernels = {3};
  options.strides = options.paddings = {1};
  Cebm model(image, make_cnn(options, {image, 6, 1}),
             StatisticMaps(bias->domain(), find_statistic_map("negative_square")), bias);
  const auto engine = make_cpu_engine(model, torch::kCPU, Precision::float32);
  ASSERT_TRUE(engine);
  EXPECT_NE(engine->name().find("the head through LibTorch's operations"), std::string::npos) << engine->name();
  const torch::Tensor x = pictures(5, image);
  EXPECT_LT(error_of_all_but_one(engine->gradient(x), exact_gradient(model, x)), 1e-5);
}

/// Every activation there is, after every layer and in the head, and slopes at the ends of their range.
class EngineActivations : public testing::TestWithParam<std::string> {
 protected:
  static std::vector<std::shared_ptr<EnergyModel>> models() {
    std::vector<std::shared_ptr<EnergyModel>> all;
    for (const Head head : {Head::gaussian, Head::igebm}) {
      for (const double slope : {0.0, 0.2, 1.0}) {
        const auto activation = std::make_shared<Activation>(GetParam(), slope);
        all.push_back(build_model({head, Network::small, true, "negative_square", {3, 12, 10}, activation}));
      }
    }
    return all;
  }
};

TEST_P(EngineActivations, AreAutogradsInWhicheverEngineServesThem) {
  for (const auto& model : models()) {
    const torch::Tensor x = pictures(6, model->image_shape());
    const torch::Tensor exact = exact_gradient(*model, x);
    const auto single = make_engine(*model, torch::kCPU, Precision::float32);
    EXPECT_LT(error_of_all_but_one(followed_gradient(*single, x), exact), 1e-5) << single->name();
    const auto half = make_cpu_engine(*model, torch::kCPU, Precision::bfloat16);
    if (half) {
      EXPECT_GT(cosine(followed_gradient(*half, x), exact), 0.99) << half->name();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, EngineActivations, testing::ValuesIn(activation_names()),
                         [](const auto& which) { return which.param; });

TEST(CpuEngine, LeavesAnActivationThatItsKernelsDoNotComputeToTheReference) {
  // A falling branch: the kernels would take its derivative for a rising one's.
  const auto falling = std::make_shared<Activation>("leaky_relu", -0.5);
  const auto model = build_model({Head::gaussian, Network::small, true, "negative_square", {3, 12, 10}, falling});
  EXPECT_EQ(make_cpu_engine(*model, torch::kCPU, Precision::float32), nullptr);
  EXPECT_EQ(make_engine(*model, torch::kCPU)->name(), "LibTorch's operations, float32");
  const torch::Tensor x = pictures(6, {3, 12, 10});
  const auto engine = make_engine(*model, torch::kCPU, Precision::float32);
  EXPECT_LT(error_of_all_but_one(followed_gradient(*engine, x), exact_gradient(*model, x)), 1e-5);
}

TEST(CpuEngine, ServesModelsWithACondition) {
  const auto model = sharp_model(Head::mixture_per_component, {1, 12, 10});
  const torch::Tensor x = pictures(7, {1, 12, 10});
  const torch::Tensor z = normal({7, 5}, {.seed = 3});
  const torch::Tensor y = torch::tensor({0, 1, 2, 3, 2, 1, 0}, torch::kInt64);
  for (const auto& energy : {energy_given_latent(model, z), energy_given_component(model, y),
                             energy_given_latent(model, z.narrow(0, 0, 1))}) {
    const auto engine = make_cpu_engine(*energy, torch::kCPU, Precision::float32);
    ASSERT_TRUE(engine);
    EXPECT_LT(relative_error(followed_gradient(*engine, x), exact_gradient(*energy, x)), 1e-5);
  }
}

TEST(CpuEngine, LeavesModelsThatItCannotServeToTheReference) {
  const auto model = build_model({Head::gaussian, Network::small, true, "negative_square", {1, 12, 10}});
  EXPECT_EQ(make_cpu_engine(*model, torch::kCUDA, Precision::float32), nullptr);
  model->to(torch::kFloat64);
  EXPECT_EQ(make_cpu_engine(*model, torch::kCPU, Precision::float32), nullptr);
  const auto encoder = make_wide_resnet(
      [] {
        WideResnetOptions options;
        options.depth = 10;
        options.width = 1;
        return options;
      }(),
      {{1, 12, 10}, 4, 1});
  Igebm residual({1, 12, 10}, encoder, Activation(), 4, 1);
  EXPECT_EQ(make_cpu_engine(residual, torch::kCPU, Precision::float32), nullptr);
  EXPECT_EQ(make_engine(residual, torch::kCPU)->name(), "LibTorch's operations, float32");
}

class CpuEngineSampling : public testing::TestWithParam<Precision> {
 protected:
  torch::Tensor advanced(std::int64_t first, std::int64_t count, GradientClip clip = GradientClip::none) const {
    const auto model = sharp_model(Head::mixture_shared, {3, 12, 10});
    const Chains all = noise_chains(11, {3, 12, 10}, /*seed=*/4, torch::kCPU);
    Chains chains{all.x.narrow(0, first, count).clone(), all.ids.narrow(0, first, count).clone()};
    SgldOptions options;
    options.precision = GetParam();
    options.noise = NoiseScale::sqrt_alpha;
    options.alpha = 1e-3;  // larger steps on this model are chaotic: roundings would grow
    options.gradient_clip = clip;
    options.gradient_clip_at = 0.02;
    make_sgld(options)->advance(*model, chains, 20, /*seed=*/9, /*first_step=*/60);
    return chains.x;
  }
};

TEST_P(CpuEngineSampling, GivesAChainTheSameBitsWhateverElseIsInTheBatch) {
  const torch::Tensor whole = advanced(0, 11);
  for (const std::int64_t count : {1, 2, 5, 6}) {
    EXPECT_TRUE(at::equal(advanced(3, count), whole.narrow(0, 3, count))) << count;
  }
}

TEST_P(CpuEngineSampling, GivesTheSameBitsOnAnyNumberOfThreads) {
  const int threads = at::get_num_threads();
  const torch::Tensor reference = advanced(0, 11);
  for (const int count : {1, 2, 3, 8}) {
    at::set_num_threads(count);
    EXPECT_TRUE(at::equal(advanced(0, 11), reference)) << count;
  }
  at::set_num_threads(threads);
}

TEST_P(CpuEngineSampling, FollowsTheReferenceFor20Steps) {
  const auto model = sharp_model(Head::mixture_shared, {3, 12, 10});
  for (const GradientClip clip : {GradientClip::none, GradientClip::norm, GradientClip::value}) {
    Chains chains = noise_chains(11, {3, 12, 10}, /*seed=*/4, torch::kCPU);
    const auto reference = make_tensor_engine(*model);
    const float bound = clip == GradientClip::value ? 0.02F : std::numeric_limits<float>::infinity();
    const LangevinStep size{.half_step = 0.0005F, .noise = std::sqrt(0.001F), .clip = bound};
    const std::vector<LangevinStep> sizes(20, size);
    reference->langevin(chains,
                        {.sizes = sizes,
                         .norm_bound = clip == GradientClip::norm ? 0.02 : std::numeric_limits<double>::infinity(),
                         .seed = 9,
                         .first_step = 60});
    EXPECT_LT(relative_error(advanced(0, 11, clip), chains.x), GetParam() == Precision::float32 ? 1e-5 : 1e-2);
  }
}

TEST_P(CpuEngineSampling, GivesEachChainItsNoiseAndLeavesThoseThatWouldLeaveTheBox) {
  const auto model = sharp_model(Head::mixture_shared, {3, 12, 10});
  const LangevinStep size{.half_step = 0.0005F, .noise = 0.03F, .boundary = Boundary::reject};
  const std::vector<LangevinStep> sizes(9, size);
  const torch::Tensor factors = torch::linspace(0.0F, 3.0F, 11);
  const auto moved = [&](const std::unique_ptr<Engine>& engine, std::int64_t first, std::int64_t count) {
    const Chains all = noise_chains(11, {3, 12, 10}, /*seed=*/4, torch::kCPU);
    Chains chains{all.x.narrow(0, first, count) * 0.9, all.ids.narrow(0, first, count).clone()};
    engine->langevin(
        chains,
        {.sizes = sizes, .noise_factors = factors.const_data_ptr<float>() + first, .seed = 9, .first_step = 60});
    return chains.x;
  };
  const torch::Tensor found = moved(make_cpu_engine(*model, torch::kCPU, GetParam()), 0, 11);
  EXPECT_LT(relative_error(found, moved(make_tensor_engine(*model), 0, 11)),
            GetParam() == Precision::float32 ? 1e-5 : 1e-2);
  EXPECT_LE(found.abs().max().item<double>(), 1.0);
  EXPECT_TRUE(at::equal(moved(make_cpu_engine(*model, torch::kCPU, GetParam()), 3, 6), found.narrow(0, 3, 6)));
}

INSTANTIATE_TEST_SUITE_P(Precisions, CpuEngineSampling, testing::Values(Precision::float32, Precision::bfloat16),
                         [](const auto& which) {
                           return std::string(which.param == Precision::float32 ? "Float32" : "Bfloat16");
                         });

}  // namespace
}  // namespace cebm
