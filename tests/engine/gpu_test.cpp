// CUDA against the CPU. The arithmetic is shared and compiled without contraction, so equal means bit for bit.
#include "support/gpu.h"

#include <ATen/Context.h>
#include <ATen/ops/equal.h>
#include <cebm/device.h>
#include <cebm/replay_buffer.h>
#include <cebm/sampler.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "kernels/cuda/runtime.h"
#include "support/quadratic_energy.h"

namespace cebm {
namespace {

class Gpu : public GpuTest {
 protected:
  const RandomKey key_{.seed = 0x123456789abcdefULL, .stream = Stream::user, .step = (1ULL << 40) + 3};
};

TEST_F(Gpu, FillsTheSameNumbersAsTheCpuForRowsOfAnyLength) {
  for (const std::int64_t length : {1, 3, 4, 10, 784, 1023, 3072, 100000}) {
    const torch::Tensor chains = torch::tensor({5, 0, 4294967295}, torch::kInt64);
    const torch::Tensor here = torch::empty({3, length});
    const torch::Tensor there = torch::empty({3, length}, device_);
    fill_normal(here, key_, chains);
    fill_normal(there, key_, chains.to(device_));
    EXPECT_TRUE(torch::equal(there.cpu(), here)) << "normal, length " << length;
    fill_uniform(here, key_, chains, -1.0F, 1.0F);
    fill_uniform(there, key_, chains.to(device_), -1.0F, 1.0F);
    EXPECT_TRUE(torch::equal(there.cpu(), here)) << "uniform, length " << length;
  }
}

TEST_F(Gpu, FillsMoreRowsThanAGridHas) {
  const torch::Tensor chains = torch::arange(70001);
  const torch::Tensor there = torch::empty({70001, 6}, device_);
  fill_normal(there, key_, chains.to(device_));
  EXPECT_TRUE(torch::equal(there.cpu(), normal({70001, 6}, key_)));
}

TEST_F(Gpu, MovesChainsAsTheCpuDoesForEveryBoundaryAndClip) {
  // The toy gradient is exact in either place but for the norm, a sum whose order differs: 1e-6.
  for (const ImageShape image : {ImageShape{1, 28, 28}, ImageShape{3, 5, 7}}) {
    for (const Boundary boundary : {Boundary::none, Boundary::clamp, Boundary::reflect}) {
      for (const GradientClip clip : {GradientClip::none, GradientClip::value, GradientClip::norm}) {
        SgldOptions options;
        options.alpha = 0.5;
        options.noise = NoiseScale::sqrt_alpha;
        options.boundary = boundary;
        options.gradient_clip = clip;
        QuadraticEnergy model(image, 0.25, 0.5);
        Chains here = noise_chains(9, image, 1, torch::kCPU);
        Chains there = noise_chains(9, image, 1, device_);
        make_sgld(options)->advance(model, here, 5, 1, 0);
        make_sgld(options)->advance(model, there, 5, 1, 0);
        const double difference = (there.x.cpu() - here.x).abs().max().item<double>();
        EXPECT_LE(difference, clip == GradientClip::norm ? 1e-6 : 0.0);
      }
    }
  }
}

TEST_F(Gpu, DrawsAndRestartsTheSameChainsAsTheCpu) {
  BufferOptions options;
  options.size = 100;
  options.reuse_probability = 0.5;
  ReplayBuffer here(options, {3, 8, 8}, 1, torch::kCPU);
  ReplayBuffer there(options, {3, 8, 8}, 1, device_);
  for (std::uint64_t step = 0; step < 5; ++step) {
    const Chains a = here.draw(32, step);
    const Chains b = there.draw(32, step);
    EXPECT_TRUE(b.x.is_contiguous(torch::MemoryFormat::ChannelsLast));
    EXPECT_TRUE(torch::equal(b.ids.cpu(), a.ids));
    EXPECT_TRUE(torch::equal(b.x.cpu(), a.x));
    here.store({a.x.mul(0.5), a.ids});
    there.store({b.x.mul(0.5), b.ids});
  }
  EXPECT_TRUE(torch::equal(there.images().cpu(), here.images()));
}

TEST_F(Gpu, ComputesFloat32AsTheCpuDoesOnceChosen) {
  const at::Context& context = at::globalContext();
  for (const at::Float32Op op : {at::Float32Op::CONV, at::Float32Op::MATMUL}) {
    EXPECT_EQ(context.float32Precision(at::Float32Backend::CUDA, op), at::Float32Precision::IEEE);
  }
}

TEST_F(Gpu, AddsInAFixedOrderOnceChosen) {
  EXPECT_TRUE(at::globalContext().deterministicCuDNN());
  EXPECT_FALSE(at::globalContext().benchmarkCuDNN());
  EXPECT_NE(std::getenv("CUBLAS_WORKSPACE_CONFIG"), nullptr);
}

TEST_F(Gpu, BecomesTheCurrentDeviceOnceChosen) {
  for (int i = 0; i < kernels::cuda::device_count(); ++i) {
    EXPECT_EQ(parse_device("cuda:" + std::to_string(i)).index(), i);
    EXPECT_EQ(torch::empty({1}, torch::kCUDA).device().index(), i);
  }
  EXPECT_EQ(parse_device("auto").index(), 0);
  EXPECT_EQ(torch::empty({1}, torch::kCUDA).device().index(), 0);
}

TEST_F(Gpu, IsDescribedByNameAndComputeCapability) {
  EXPECT_NE(describe_device(device_).find("compute capability"), std::string::npos);
}

}  // namespace
}  // namespace cebm
