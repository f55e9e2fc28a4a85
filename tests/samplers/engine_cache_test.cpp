// Which engine a call gets, and that no call computes with the weights of an earlier one.
#include "samplers/engine_cache.h"

#include <ATen/ops/equal.h>
#include <cebm/errors.h>
#include <gtest/gtest.h>

#include "models/build_models.h"
#include "samplers/quadratic_energy.h"

namespace cebm {
namespace {

/// An engine that says what was asked of it.
class NotingEngine final : public LangevinEngine {
 public:
  NotingEngine(bool kept, const EnergyModel* model) : kept_(kept), model_(model) {}
  std::string name() const override { return "notes"; }
  void advance(const Chains&, const LangevinSteps&) override {}
  bool is_kept() const override { return kept_; }
  bool renew(EnergyModel& model, torch::Device device, Precision precision) override {
    return &model == model_ && device.is_cpu() && precision == Precision::float32;
  }

 private:
  bool kept_;
  const EnergyModel* model_;
};

class EngineCacheTest : public testing::Test {
 protected:
  LangevinEngine* give_back(bool kept) {
    auto engine = std::make_unique<NotingEngine>(kept, &model_);
    LangevinEngine* const address = engine.get();
    cache_.give_back(std::move(engine));
    return address;
  }

  std::unique_ptr<LangevinEngine> take(EnergyModel& model, Precision precision = Precision::float32) {
    return cache_.take(model, torch::kCPU, precision);
  }

  QuadraticEnergy model_{{1, 2, 2}, 0.0, 1.0};
  QuadraticEnergy other_{{1, 2, 2}, 0.0, 1.0};
  EngineCache cache_;
};

TEST_F(EngineCacheTest, GivesTheKeptEngineToOneTakerAtATime) {
  LangevinEngine* const kept = give_back(true);
  auto first = take(model_);
  EXPECT_EQ(first.get(), kept);
  EXPECT_NE(take(model_)->name(), "notes");
  cache_.give_back(std::move(first));
  EXPECT_EQ(take(model_).get(), kept);
}

TEST_F(EngineCacheTest, MakesAnEngineWhereTheKeptOneCannotBeRenewed) {
  give_back(true);
  EXPECT_NE(take(other_)->name(), "notes");
  EXPECT_NE(take(model_)->name(), "notes") << "an engine that could not be renewed was kept";
  give_back(true);
  EXPECT_THROW(take(model_, Precision::bfloat16), ConfigError);  // which nothing has kernels for
}

TEST_F(EngineCacheTest, KeepsNoEngineThatIsMadeForEachCall) {
  give_back(false);
  EXPECT_NE(take(model_)->name(), "notes");
  cache_.give_back(take(model_));
  EXPECT_NE(take(model_)->name(), "notes");
}

TEST(SgldsEngines, ComputeWithTheWeightsOfTheCallAndForItsModel) {
  const auto first = sharp_model(Head::gaussian, {1, 12, 10});
  const auto second = sharp_model(Head::mixture_shared, {1, 12, 10});
  const auto advanced = [](const Sampler& sampler, EnergyModel& model) {
    Chains chains = noise_chains(3, {1, 12, 10}, 4, torch::kCPU);
    sampler.advance(model, chains, 3, 9, 0);
    return chains.x;
  };
  const auto used = make_sgld({});
  const torch::Tensor before = advanced(*used, *first);
  EXPECT_TRUE(at::equal(advanced(*used, *second), advanced(*make_sgld({}), *second)));
  {
    const torch::NoGradGuard no_graph;
    for (auto& parameter : first->parameters()) parameter.mul_(1.1);
  }
  const torch::Tensor after = advanced(*used, *first);
  EXPECT_TRUE(at::equal(after, advanced(*make_sgld({}), *first)));
  EXPECT_FALSE(at::equal(after, before));
}

TEST(SgldsEngines, ServeACallFromWithinAnObserver) {
  const auto model = sharp_model(Head::gaussian, {1, 12, 10});
  const auto sampler = make_sgld({});
  Chains outer = noise_chains(2, {1, 12, 10}, 4, torch::kCPU);
  Chains inner = noise_chains(2, {1, 12, 10}, 4, torch::kCPU);
  sampler->advance(*model, outer, 2, 9, 0, [&](std::int64_t step, const Chains&) {
    sampler->advance(*model, inner, 1, 9, static_cast<std::uint64_t>(step) - 1);
  });
  EXPECT_TRUE(at::equal(outer.x, inner.x));
}

TEST(CudaEngine, LeavesModelsThatAreNotOnAGpuToOthers) {
  const auto model = sharp_model(Head::gaussian, {1, 12, 10});
  EXPECT_EQ(make_cuda_engine(*model, torch::kCPU, Precision::float32), nullptr);
  EXPECT_EQ(make_cuda_engine(*model, torch::kCUDA, Precision::float32), nullptr);
  QuadraticEnergy without_network({1, 2, 2}, 0.0, 1.0);
  EXPECT_EQ(make_cuda_engine(without_network, torch::kCUDA, Precision::float32), nullptr);
}

}  // namespace
}  // namespace cebm
