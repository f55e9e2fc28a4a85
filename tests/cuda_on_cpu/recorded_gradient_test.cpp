// The weights' gradient by recorded passes, replayed by a tape of LibTorch's operations.
#include "engine/cuda/recorded_gradient.h"

#include <ATen/ATen.h>
#include <cebm/catalog.h>
#include <cebm/chains.h>
#include <cebm/conditional.h>
#include <cebm/config.h>
#include <cebm/losses.h>
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include "contract/rows.h"
#include "cuda_on_cpu/back_end.h"
#include "cuda_on_cpu/tape.h"
#include "engine/elbo_gradient.h"
#include "models/build_models.h"
#include "support/numeric.h"

namespace cebm::recorded_gradient_test {
namespace {

constexpr ImageShape kImage{3, 6, 5};

std::shared_ptr<EnergyModel> small_model(Head head, std::uint64_t seed = 1) {
  return build_model({head, Network::small, true, "negative_square", kImage}, seed);
}

torch::Tensor images(std::uint64_t seed, std::int64_t count = 6) {
  return noise_chains(count, kImage, seed, torch::kCPU).x;
}

std::unique_ptr<Engine> taped(EnergyModel& model) {
  DeviceBackEnd back_end = back_end_on_cpu();
  back_end.work = tape_on_cpu();
  return make_device_engine(model, torch::kCPU, Precision::float32, back_end);
}

/// A contrast of the first half and the second, of another size at each call.
torch::Tensor contrast(const torch::Tensor& energies, double factor) {
  const auto halves = energies.split(energies.size(0) / 2);
  return contrastive_divergence(halves[0], halves[1], {.energy_l2 = 0.1}).loss * factor;
}

std::vector<torch::Tensor> take_gradients(torch::nn::Module& module) {
  std::vector<torch::Tensor> all;
  for (torch::Tensor& parameter : module.parameters()) {
    all.push_back(std::exchange(parameter.mutable_grad(), torch::Tensor()));
  }
  return all;
}

void expect_equal(const std::vector<torch::Tensor>& found, const std::vector<torch::Tensor>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t p = 0; p < found.size(); ++p) {
    ASSERT_EQ(found[p].defined(), expected[p].defined()) << p;
    if (!found[p].defined()) continue;
    EXPECT_TRUE(at::equal(found[p], expected[p])) << p;
  }
}

void change_weights(torch::nn::Module& module) {
  const torch::NoGradGuard no_graph;
  for (torch::Tensor& parameter : module.parameters()) parameter.mul_(0.9);
}

class RecordedGradients : public testing::TestWithParam<Head> {};

TEST_P(RecordedGradients, OfEnergiesAreThoseOfADirectCallWhateverWeightsImagesAndLoss) {
  const auto model = small_model(GetParam());
  const auto engine = taped(*model);
  for (std::uint64_t call = 0; call < 4; ++call) {
    const auto loss = [&](const torch::Tensor& energies) {
      return contrast(energies, 1.0 + static_cast<double>(call));
    };
    const torch::Tensor value = engine->add_weight_gradient(images(call), loss);
    const auto found = take_gradients(*model);
    const torch::Tensor direct = taped(*model)->add_weight_gradient(images(call), loss);
    expect_equal(found, take_gradients(*model));
    EXPECT_TRUE(at::equal(value, direct));
    change_weights(*model);
  }
  EXPECT_EQ(engine->replays(), 3);
}

TEST_P(RecordedGradients, OfEnergiesAreAutograds) {
  const auto model = small_model(GetParam());
  const auto engine = taped(*model);
  for (std::uint64_t call = 0; call < 3; ++call) {
    (void)engine->add_weight_gradient(images(call), [](const torch::Tensor& all) { return contrast(all, 2.0); });
    const auto found = take_gradients(*model);
    contrast(model->energy(images(call)), 2.0).backward();
    const auto expected = take_gradients(*model);
    for (std::size_t p = 0; p < found.size(); ++p) {
      if (!expected[p].defined()) continue;
      EXPECT_LT(relative_error(found[p], expected[p]), 1e-5) << p;
    }
    change_weights(*model);
  }
}

TEST_P(RecordedGradients, OfTheNetworksOutputsAreAutograds) {
  const auto model = small_model(GetParam());
  Encoder& encoder = dynamic_cast<EncodedModel&>(*model).encoder();
  const auto engine = taped(*model);
  for (std::uint64_t call = 0; call < 3; ++call) {
    engine->add_network_gradient(images(call), [](const torch::Tensor& outputs) { return outputs.sin() / 6.0; });
    const auto found = take_gradients(encoder);
    const torch::Tensor outputs = encoder.forward(images(call));
    outputs.backward(outputs.detach().sin() / 6.0);
    const auto expected = take_gradients(encoder);
    for (std::size_t p = 0; p < found.size(); ++p) EXPECT_LT(relative_error(found[p], expected[p]), 1e-5) << p;
    change_weights(encoder);
  }
  EXPECT_EQ(engine->replays(), 2);
}

INSTANTIATE_TEST_SUITE_P(Heads, RecordedGradients,
                         testing::Values(Head::gaussian, Head::mixture_shared, Head::mixture_per_component,
                                         Head::igebm),
                         [](const auto& which) { return ModelCase{which.param}.name(); });

TEST(RecordedGradient, AddsToGradientsThatAreThere) {
  const auto model = small_model(Head::gaussian);
  const auto engine = taped(*model);
  const auto add = [&](std::uint64_t seed) {
    (void)engine->add_weight_gradient(images(seed), [](const torch::Tensor& all) { return contrast(all, 1.0); });
  };
  for (int call = 0; call < 3; ++call) add(1);
  take_gradients(*model);
  add(2);
  const auto second = take_gradients(*model);
  add(1);
  const auto first = take_gradients(*model);
  add(1);
  add(2);
  const auto both = take_gradients(*model);
  for (std::size_t p = 0; p < both.size(); ++p) EXPECT_TRUE(at::equal(both[p], first[p] + second[p])) << p;
}

TEST(RecordedGradient, LeavesEnergiesAndGradientsOfEarlierCallsAlone) {
  const auto model = small_model(Head::gaussian);
  const auto engine = taped(*model);
  std::vector<torch::Tensor> kept;
  const auto add = [&](std::uint64_t seed) {
    (void)engine->add_weight_gradient(images(seed), [&](const torch::Tensor& all) {
      kept.push_back(all.detach());
      return contrast(all, 1.0);
    });
    kept.push_back(take_gradients(*model).front());
  };
  for (const std::uint64_t seed : {1, 1, 1, 2}) add(seed);
  EXPECT_TRUE(at::equal(kept[4], kept[2]));
  EXPECT_TRUE(at::equal(kept[5], kept[3]));
  EXPECT_FALSE(at::equal(kept[6], kept[4]));
  EXPECT_FALSE(at::equal(kept[7], kept[5]));
}

TEST(RecordedGradient, HandsItsSummandsOverToOneWhoCollectsThem) {
  const auto model = small_model(Head::gaussian);
  const auto engine = taped(*model);
  const auto loss = [](const torch::Tensor& all) { return contrast(all, 1.0); };
  for (int call = 0; call < 3; ++call) {
    GradientParts parts;
    engine->collect_in(&parts);
    (void)engine->add_weight_gradient(images(1), loss);
    engine->collect_in(nullptr);
    for (const torch::Tensor& parameter : model->parameters()) EXPECT_FALSE(parameter.grad().defined());
    (void)engine->add_weight_gradient(images(1), loss);
    for (const torch::Tensor& parameter : model->parameters()) {
      ASSERT_EQ(parts.of(parameter).size(), 1);
      EXPECT_TRUE(at::equal(parts.of(parameter).front(), parameter.grad()));
    }
    take_gradients(*model);
  }
}

TEST(RecordedGradient, HandsOverSummandsThatAreNotRecordedToo) {
  const auto conjugate = std::dynamic_pointer_cast<Cebm>(small_model(Head::gaussian));
  const auto model = energy_given_latent(conjugate, normal({6, 5}, {.seed = 3}));  // one condition per image
  const auto engine = taped(*model);
  GradientParts parts;
  engine->collect_in(&parts);
  (void)engine->add_weight_gradient(images(1), [](const torch::Tensor& all) { return contrast(all, 1.0); });
  engine->collect_in(nullptr);
  EXPECT_FALSE(parts.of(conjugate->encoder().parameters().front()).empty());
  for (const torch::Tensor& parameter : conjugate->parameters()) EXPECT_FALSE(parameter.grad().defined());
}

TEST(RecordedGradient, StartsAgainForOtherSizesOfBatchAndOtherMemoryOfTheWeights) {
  const auto model = small_model(Head::mixture_shared);
  const auto engine = taped(*model);
  const auto check = [&](std::int64_t count) {
    const auto loss = [](const torch::Tensor& all) { return contrast(all, 1.0); };
    (void)engine->add_weight_gradient(images(1, count), loss);
    const auto found = take_gradients(*model);
    (void)taped(*model)->add_weight_gradient(images(1, count), loss);
    expect_equal(found, take_gradients(*model));
    return engine->replays();
  };
  EXPECT_EQ(check(6), 0);
  EXPECT_EQ(check(6), 1);
  EXPECT_EQ(check(4), 1);
  EXPECT_EQ(check(4), 2);
  for (torch::Tensor& parameter : model->parameters()) parameter.set_data(parameter.detach() * 1.5);
  EXPECT_EQ(check(4), 2);
  EXPECT_EQ(check(4), 3);
}

/// Its values cannot be recorded: they depend on a number that the host has to read.
struct Waiting : torch::nn::Module {
  Waiting() : weight(register_parameter("weight", torch::ones({2}))) {}
  torch::Tensor values(const torch::Tensor& x) const { return x * weight * (1.0 + x.sum().item<double>()); }
  torch::Tensor weight;
};

TEST(RecordedGradient, IsLaunchedStepByStepWhereItCannotBeRecordedAndSaysSoOnce) {
  Waiting module;
  RecordedGradient gradient(tape_on_cpu(), module, [&](const auto& inputs) { return module.values(inputs[0]); });
  testing::internal::CaptureStderr();
  for (int call = 0; call < 4; ++call) {
    gradient.add(
        {torch::tensor({1.0F, 2.0F})}, [](const torch::Tensor& v) { return torch::ones_like(v); }, nullptr);
    EXPECT_TRUE(at::equal(module.weight.grad(), torch::tensor({4.0F, 8.0F})));
    module.weight.mutable_grad() = torch::Tensor();
  }
  const std::string warnings = testing::internal::GetCapturedStderr();
  EXPECT_THAT(warnings, testing::HasSubstr("not permitted when stream is capturing: aten::item"));
  EXPECT_EQ(warnings.find("could not be recorded"), warnings.rfind("could not be recorded"));
  EXPECT_EQ(gradient.replays(), 0);
}

TEST(RecordedGradient, OfABoundIsThatOfADirectCallWhateverWeightsImagesAndNoise) {
  for (const std::string name : {"vae", "gmm_vae"}) {
    const ModelEntry& row = catalog().models.find(name);
    const auto options = row.options(catalog());
    read_options(parse_config("latent_dim: 5\n"), *options);
    const auto model = std::dynamic_pointer_cast<Vae>(row.build(*options, ModelContext{{1, 28, 28}, 3}));
    ElboGradient recorded(*model, torch::kCPU, tape_on_cpu());
    ElboGradient tiled(*model, torch::kCPU, std::nullopt);
    const auto loss = [](const torch::Tensor& values) { return (values.select(1, 1) - values.select(1, 0)).mean(); };
    for (std::uint64_t call = 0; call < 4; ++call) {
      const torch::Tensor x = noise_chains(4, {1, 28, 28}, call, torch::kCPU).x.abs();
      const torch::Tensor noise = normal({4, 2, 5}, {.seed = call});
      const torch::Tensor value = recorded.add(x, noise, loss);
      const auto found = take_gradients(*model);
      EXPECT_TRUE(at::equal(value, ElboGradient(*model, torch::kCPU, tape_on_cpu()).add(x, noise, loss)));
      expect_equal(found, take_gradients(*model));
      EXPECT_LT(relative_error(value, tiled.add(x, noise, loss)), 1e-5);
      const auto expected = take_gradients(*model);
      for (std::size_t p = 0; p < found.size(); ++p) EXPECT_LT(relative_error(found[p], expected[p]), 1e-5) << p;
      change_weights(*model);
    }
    EXPECT_EQ(recorded.replays(), 3);
  }
}

TEST(RecordedGradient, IsLaunchedStepByStepFromWhereAReplayFails) {
  for (const int replays_before : {0, 1, 2, 3}) {  // forward and backward in turns
    const auto model = small_model(Head::gaussian);
    DeviceBackEnd back_end = back_end_on_cpu();
    int left = replays_before;
    back_end.work.record = [&left](const Work& work) -> Work {
      return [&left, replay = tape_on_cpu().record(work)] {
        if (left-- == 0) throw std::runtime_error("CUDA error: out of memory\nand more");
        replay();
      };
    };
    const auto engine = make_device_engine(*model, torch::kCPU, Precision::float32, back_end);
    testing::internal::CaptureStderr();
    for (std::uint64_t call = 0; call < 4; ++call) {
      const auto loss = [](const torch::Tensor& all) { return contrast(all, 1.0); };
      (void)engine->add_weight_gradient(images(call), loss);
      const auto found = take_gradients(*model);
      (void)taped(*model)->add_weight_gradient(images(call), loss);
      expect_equal(found, take_gradients(*model));
      change_weights(*model);
    }
    const std::string warnings = testing::internal::GetCapturedStderr();
    EXPECT_THAT(warnings, testing::HasSubstr("launched step by step: CUDA error: out of memory"));
    EXPECT_EQ(warnings.find("could not be recorded"), warnings.rfind("could not be recorded"));
    EXPECT_EQ(engine->replays(), replays_before / 2);
  }
}

}  // namespace
}  // namespace cebm::recorded_gradient_test
