// Ranks on GPUs; one rank for each. A rank alone needs no NCCL (nccl_backend_test.cpp).
#include <gtest/gtest.h>
#include <torch/cuda.h>

#include <thread>

#include "dist/joined_ranks.h"

namespace cebm {
namespace {

using namespace std::chrono_literals;

class NcclTest : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!can_join_ranks()) GTEST_SKIP() << rank_libraries();
    const auto gpus = static_cast<int>(torch::cuda::device_count());
    if (gpus < GetParam()) GTEST_SKIP() << "needs " << GetParam() << " GPUs, found " << gpus;
  }
};

TEST_P(NcclTest, GathersAndAddsUpOnTheDevice) {
  std::uint16_t port = 0;
  const auto store = host_store(port);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < GetParam(); ++rank) {
    threads.emplace_back([&, rank] {
      const torch::Device device(torch::kCUDA, static_cast<c10::DeviceIndex>(rank));
      const RankPlace place{.rank = rank, .size = GetParam(), .local_rank = rank, .host = "127.0.0.1", .port = port};
      const auto ranks = join_ranks(place, {.device = device, .limit = 60s}).ranks;
      const std::vector<std::int64_t> sizes(static_cast<std::size_t>(GetParam()), 1);
      const torch::Tensor own = torch::full({1}, static_cast<float>(rank + 1), device);
      EXPECT_TRUE(ranks->gather(own, sizes).cpu().equal(torch::arange(1.0, GetParam() + 1.0)));
      const torch::Tensor flat = torch::zeros({5}, device);
      ranks->accumulate(flat, [&] { flat.add_(own); });
      EXPECT_EQ(flat.sum().item<float>(), 2.5F * static_cast<float>(GetParam() * (GetParam() + 1)));
    });
  }
  for (std::thread& thread : threads) thread.join();
}

INSTANTIATE_TEST_SUITE_P(Gpus, NcclTest, testing::Values(2));

}  // namespace
}  // namespace cebm
