// That an engine computes with the weights that the model has, however they came to change.
#include <ATen/ops/equal.h>
#include <cebm/module_state.h>
#include <cebm/optimizer.h>
#include <cebm/sampler.h>
#include <gtest/gtest.h>

#include "engine/engines.h"
#include "models/build_models.h"

namespace cebm {
namespace {

class EngineWeights : public testing::TestWithParam<Precision> {
 protected:
  static torch::Tensor advanced(Engine& engine) {
    Chains chains = noise_chains(3, {1, 12, 10}, 4, torch::kCPU);
    make_sgld({})->advance(engine, chains, 3, 9, 0);
    return chains.x;
  }
  std::unique_ptr<Engine> fresh() { return make_engine(*model_, torch::kCPU, GetParam()); }
  torch::Tensor gradient(Engine& engine) {
    model_->zero_grad();
    engine.add_weight_gradient(x_, [](const torch::Tensor& energies) { return energies.mean(); });
    return model_->parameters().front().grad().clone();
  }

  /// The engine that was there before the change gives what one made after it gives, and something else than before.
  void expect_followed(const std::function<void()>& change) {
    const auto used = fresh();
    const torch::Tensor moved = advanced(*used);
    const torch::Tensor energies = used->energies(x_);
    const torch::Tensor weights = gradient(*used);
    change();
    EXPECT_TRUE(at::equal(gradient(*used), gradient(*fresh())));
    EXPECT_TRUE(at::equal(advanced(*used), advanced(*fresh())));
    EXPECT_TRUE(at::equal(used->energies(x_), fresh()->energies(x_)));
    EXPECT_FALSE(at::equal(advanced(*used), moved));
    EXPECT_FALSE(at::equal(used->energies(x_), energies));
    EXPECT_FALSE(at::equal(gradient(*used), weights));
  }

  const std::shared_ptr<Cebm> model_ = sharp_model(Head::mixture_shared, {1, 12, 10});
  const torch::Tensor x_ = noise_chains(5, {1, 12, 10}, 7, torch::kCPU).x;
};

TEST_P(EngineWeights, AreThoseThatAnOptimizerLeft) {
  expect_followed([&] {
    AdamOptions options;
    options.learning_rate = 0.01;
    Adam adam(named_parameters(*model_), options);
    gradient(*fresh());
    adam.step(0);
  });
}

TEST_P(EngineWeights, AreThoseWrittenInPlace) {
  expect_followed([&] {
    const torch::NoGradGuard no_graph;
    for (torch::Tensor& parameter : model_->parameters()) parameter.mul_(1.1);
  });
}

TEST_P(EngineWeights, AreThoseThatLieElsewhere) {
  expect_followed([&] {
    for (torch::Tensor& parameter : model_->parameters()) parameter.set_data(parameter.detach() * 1.1);
  });
}

TEST_P(EngineWeights, AreThoseWrittenThroughAPointer) {
  expect_followed([&] {
    for (const torch::Tensor& parameter : model_->parameters()) parameter.data_ptr<float>()[0] += 0.25F;
  });
}

INSTANTIATE_TEST_SUITE_P(Precisions, EngineWeights, testing::Values(Precision::float32, Precision::bfloat16),
                         [](const auto& which) {
                           return std::string(which.param == Precision::float32 ? "Float32" : "Bfloat16");
                         });

TEST(Engines, ServeACallFromWithinAnObserver) {
  const auto model = sharp_model(Head::gaussian, {1, 12, 10});
  const auto sampler = make_sgld({});
  const auto engine = make_engine(*model, torch::kCPU);
  Chains outer = noise_chains(2, {1, 12, 10}, 4, torch::kCPU);
  Chains inner = noise_chains(2, {1, 12, 10}, 4, torch::kCPU);
  sampler->advance(*engine, outer, 2, 9, 0, [&](std::int64_t step, const Chains&) {
    sampler->advance(*engine, inner, 1, 9, static_cast<std::uint64_t>(step) - 1);
  });
  EXPECT_TRUE(at::equal(outer.x, inner.x));
}

TEST(Engines, GoOnRefusingAModelThatTheyCannotServeAnyMore) {
  const auto model = sharp_model(Head::gaussian, {1, 12, 10});
  const auto engine = make_cpu_engine(*model, torch::kCPU, Precision::float32);
  const torch::Tensor x = noise_chains(2, {1, 12, 10}, 4, torch::kCPU).x;
  const torch::Tensor before = engine->energies(x);
  model->to(torch::kFloat64);
  for (int call = 0; call < 2; ++call) EXPECT_THROW(engine->energies(x), std::logic_error) << call;
  model->to(torch::kFloat32);
  EXPECT_TRUE(at::equal(engine->energies(x), before));
}

TEST(Engines, RefuseChainsOfAnotherLayout) {
  const auto model = sharp_model(Head::gaussian, {3, 12, 10});
  Chains chains = noise_chains(2, {3, 12, 10}, 4, torch::kCPU);
  chains.x = chains.x.contiguous();
  const LangevinStep step{.half_step = 0.1F};
  for (const auto& engine : {make_engine(*model, torch::kCPU), make_tensor_engine(*model)}) {
    EXPECT_THROW(engine->langevin(chains, {.sizes = {&step, 1}}), std::invalid_argument) << engine->name();
  }
}

TEST(Engines, CudaServesNoModelOnTheCpu) {
  const auto model = sharp_model(Head::gaussian, {1, 12, 10});
  EXPECT_EQ(make_cuda_engine(*model, torch::kCPU, Precision::float32), nullptr);
  EXPECT_EQ(make_cuda_engine(*model, torch::kCUDA, Precision::float32), nullptr);
}

}  // namespace
}  // namespace cebm
