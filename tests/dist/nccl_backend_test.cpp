// NCCL itself on a machine with one GPU, where ranks, of which there must be two, cannot show it.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/cuda.h>

#include <torch/csrc/distributed/c10d/HashStore.hpp>

#include "dist/nccl.h"

namespace cebm {
namespace {

using namespace std::chrono_literals;

TEST(NcclBackend, OfOneRankGathersAndBroadcastsOnTheDevice) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "skipped: no GPU";
  const auto backend = nccl_backend(c10::make_intrusive<c10d::HashStore>(), /*rank=*/0, /*size=*/1, 60s);
  const at::Tensor own = at::arange(3.0, at::kCUDA);
  std::vector<at::Tensor> inputs{own};
  std::vector<std::vector<at::Tensor>> gathered{{at::zeros({3}, at::kCUDA)}};
  backend->allgather(gathered, inputs)->wait();
  EXPECT_TRUE(at::equal(gathered[0][0], own));
  std::vector<at::Tensor> sent{own.clone()};
  backend->broadcast(sent)->wait();
  EXPECT_TRUE(at::equal(sent[0], own));
}

}  // namespace
}  // namespace cebm
