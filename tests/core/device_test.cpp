#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <cebm/device.h>
#include <cebm/errors.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/deterministic.h"
#include "core/ieee_float32.h"

namespace cebm {
namespace {

TEST(ParseDevice, KnowsTheCpu) { EXPECT_TRUE(parse_device("cpu").is_cpu()); }

TEST(ParseDevice, RefusesWhatIsNotADevice) {
  for (const char* name : {"", "gpu", "cpu:0", "cuda:", "cuda:x", "cuda:1x", "cuda:-1", "CUDA"}) {
    EXPECT_THROW((void)parse_device(name), ConfigError) << name;
  }
}

TEST(ParseDevice, RefusesAGpuThatDoesNotExistByName) {
  try {
    (void)parse_device("cuda:99");
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("cuda:99"));
  }
}

TEST(DescribeDevice, CountsTheThreadsOfTheCpu) {
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  EXPECT_EQ(describe_device(torch::kCPU), "CPU, 1 thread");
  at::set_num_threads(2);
  EXPECT_EQ(describe_device(torch::kCPU), "CPU, 2 threads");
  at::set_num_threads(threads);
}

TEST(IeeeFloat32, IsWhatEveryOneOfLibTorchsSettingsSays) {
  for (int call = 0; call < 2; ++call) {
    use_ieee_float32();
    const at::Context& context = at::globalContext();
    EXPECT_FALSE(context.allowTF32CuDNN());
    EXPECT_FALSE(context.allowTF32CuBLAS());
    for (const at::Float32Op op : {at::Float32Op::CONV, at::Float32Op::RNN, at::Float32Op::MATMUL}) {
      EXPECT_EQ(context.float32Precision(at::Float32Backend::CUDA, op), at::Float32Precision::IEEE);
    }
  }
}

TEST(Float32Products, AreRoundedWhileAskedForAndIeeeAgainAfterwards) {
  const auto precision = [] {
    return at::globalContext().float32Precision(at::Float32Backend::CUDA, at::Float32Op::CONV);
  };
  use_ieee_float32();
  {
    const Float32Products rounded(true);
    EXPECT_EQ(precision(), at::Float32Precision::TF32);
    EXPECT_TRUE(at::globalContext().allowTF32CuBLAS());
  }
  const Float32Products exact(false);
  EXPECT_EQ(precision(), at::Float32Precision::IEEE);
  EXPECT_FALSE(at::globalContext().allowTF32CuBLAS());
}

TEST(DeterministicProducts, LeaveTheUsersOwnWorkspaceAlone) {
  unsetenv("CUBLAS_WORKSPACE_CONFIG");
  use_deterministic_products();
  EXPECT_STREQ(getenv("CUBLAS_WORKSPACE_CONFIG"), ":4096:8");
  EXPECT_TRUE(at::globalContext().deterministicCuDNN());
  EXPECT_FALSE(at::globalContext().benchmarkCuDNN());
  setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8", 1);
  use_deterministic_products();
  EXPECT_STREQ(getenv("CUBLAS_WORKSPACE_CONFIG"), ":16:8");
}

}  // namespace
}  // namespace cebm
