// Gradients of weights on a GPU, recorded and launched step by step, against the CPU's.
#include <ATen/ATen.h>
#include <cebm/catalog.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "contract/rows.h"
#include "engine/cuda/device_back_end.h"
#include "engine/elbo_gradient.h"
#include "engine/engines.h"
#include "models/build_models.h"
#include "support/gpu.h"
#include "support/numeric.h"

namespace cebm::gpu_gradient_test {
namespace {

constexpr ImageShape kImage{3, 12, 10};

class GpuGradient : public GpuTest {};

/// The gradients of a module's weights, on the CPU, which the weights then no longer have.
std::vector<torch::Tensor> take_gradients(torch::nn::Module& module) {
  std::vector<torch::Tensor> all;
  for (torch::Tensor& parameter : module.parameters()) {
    const torch::Tensor gradient = std::exchange(parameter.mutable_grad(), torch::Tensor());
    if (gradient.defined()) all.push_back(gradient.cpu());
  }
  return all;
}

using Gradients = std::vector<torch::Tensor>;

void expect_equal(const Gradients& found, const Gradients& direct, const Gradients& on_cpu) {
  ASSERT_EQ(found.size(), on_cpu.size());
  for (std::size_t p = 0; p < found.size(); ++p) {
    EXPECT_TRUE(at::equal(found[p], direct[p])) << p;
    EXPECT_LT(relative_error(found[p], on_cpu[p]), 1e-4) << p;
  }
}

TEST_F(GpuGradient, OfTheWeightsIsTheSameRecordedAndLaunchedStepByStep) {
  const auto of_energies = [](EnergyModel& model, Engine& engine, const torch::Tensor& x) {
    (void)engine.add_weight_gradient(x, [](const torch::Tensor& energies) { return energies.square().mean(); });
    return take_gradients(model);
  };
  const auto of_outputs = [](EnergyModel& model, Engine& engine, const torch::Tensor& x) {
    engine.add_network_gradient(x, [](const torch::Tensor& outputs) { return outputs.sin() / 6.0; });
    return take_gradients(model);
  };
  for (const auto head : {Head::gaussian, Head::mixture_shared, Head::mixture_per_component, Head::igebm}) {
    const ModelCase which{head, Network::small, true, "negative_square", kImage};
    const auto here = build_model(which);
    const auto there = build_model(which);
    there->to(device_);
    const auto on_cpu = make_engine(*here, torch::kCPU);
    const auto fresh = [&] { return make_cuda_engine(*there, device_, Precision::float32); };
    const auto energies = fresh();
    const auto outputs = fresh();  // two engines of one model in turns, as in a sum of objectives
    for (std::uint64_t call = 0; call < 4; ++call) {
      const torch::Tensor x = noise_chains(6, kImage, call, torch::kCPU).x;
      const torch::Tensor y = x.to(device_);
      expect_equal(of_energies(*there, *energies, y), of_energies(*there, *fresh(), y), of_energies(*here, *on_cpu, x));
      expect_equal(of_outputs(*there, *outputs, y), of_outputs(*there, *fresh(), y), of_outputs(*here, *on_cpu, x));
    }
    EXPECT_EQ(energies->replays(), 3) << which.name();
    EXPECT_EQ(outputs->replays(), 3) << which.name();
  }
}

TEST_F(GpuGradient, OfABoundIsTheSameRecordedAndLaunchedStepByStep) {
  for (const std::string name : {"vae", "gmm_vae"}) {
    const ModelEntry& row = catalog().models.find(name);
    const auto make = [&] {
      return std::dynamic_pointer_cast<Vae>(row.build(*row.options(catalog()), ModelContext{{1, 28, 28}, 3}));
    };
    const auto here = make();
    const auto there = make();
    there->to(device_);
    const auto loss = [](const torch::Tensor& values) { return (values.select(1, 1) - values.select(1, 0)).mean(); };
    const auto gradients = [&](Vae& model, ElboGradient& gradient, const torch::Tensor& x, const torch::Tensor& noise) {
      (void)gradient.add(x, noise, loss);
      return take_gradients(model);
    };
    ElboGradient recorded(*there, device_, work_device(device_));
    ElboGradient on_cpu(*here, torch::kCPU, std::nullopt);
    for (std::uint64_t call = 0; call < 4; ++call) {
      const torch::Tensor x = noise_chains(4, {1, 28, 28}, call, torch::kCPU).x.abs();
      const torch::Tensor noise = normal({4, 2, here->latent_dim()}, {.seed = call});
      ElboGradient fresh(*there, device_, work_device(device_));
      expect_equal(gradients(*there, recorded, x.to(device_), noise.to(device_)),
                   gradients(*there, fresh, x.to(device_), noise.to(device_)), gradients(*here, on_cpu, x, noise));
    }
    EXPECT_EQ(recorded.replays(), 3) << name;
  }
}

}  // namespace
}  // namespace cebm::gpu_gradient_test
