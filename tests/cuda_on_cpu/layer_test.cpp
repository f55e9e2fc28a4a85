// The CPU layer itself: that it runs every thread, holds those that wait, and finds what a GPU would not forgive.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "cuda_on_cpu/cuda_runtime.h"

namespace cuda_on_cpu {
namespace {

cudaLaunchConfig_t config(dim3 grid, dim3 block) { return {.gridDim = grid, .blockDim = block}; }

void mark(int* counts) {
  const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  ++counts[block * blockDim.x * blockDim.y * blockDim.z + thread];
}

TEST(CudaOnCpu, RunsEveryThreadOfEveryBlockOnce) {
  for (const std::uint64_t seed : {0, 1, 2}) {
    const Order order(seed);
    std::vector<int> counts(2 * 3 * 4 * 5 * 6 * 2);
    const cudaLaunchConfig_t all = config({2, 3, 4}, {5, 6, 2});
    EXPECT_EQ(cudaLaunchKernelEx(&all, mark, counts.data()), cudaSuccess);
    EXPECT_TRUE(std::ranges::all_of(counts, [](int count) { return count == 1; }));
  }
}

/// Sums over the block in halves.
void add_up(const int* numbers, int* sum) {
  static thread_local int shared[64];
  shared[threadIdx.x] = numbers[threadIdx.x];
  for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) shared[threadIdx.x] += shared[threadIdx.x + half];
  }
  if (threadIdx.x == 0) *sum = shared[0];
}

TEST(CudaOnCpu, HoldsThreadsAtABarrierUntilAllAreThere) {
  std::vector<int> numbers(64);
  std::iota(numbers.begin(), numbers.end(), 1);
  for (const std::uint64_t seed : {0, 1, 2, 3, 4}) {
    const Order order(seed);
    int sum = 0;
    const cudaLaunchConfig_t one = config(1, 64);
    cudaLaunchKernelEx(&one, add_up, numbers.data(), &sum);
    EXPECT_EQ(sum, 64 * 65 / 2) << seed;
  }
}

void note_order(std::vector<unsigned>* order) { order->push_back(threadIdx.x); }

TEST(CudaOnCpu, OrdersThreadsByTheSeed) {
  const auto order_of = [](std::uint64_t seed) {
    const Order order(seed);
    std::vector<unsigned> found;
    const cudaLaunchConfig_t one = config(1, 64);
    cudaLaunchKernelEx(&one, note_order, &found);
    return found;
  };
  EXPECT_TRUE(std::ranges::is_sorted(order_of(0)));
  EXPECT_FALSE(std::ranges::is_sorted(order_of(1)));
  EXPECT_NE(order_of(1), order_of(2));
  EXPECT_EQ(order_of(1), order_of(1));
}

void swap_neighbours(int* values) { values[threadIdx.x] = __shfl_xor_sync(~0U, values[threadIdx.x], 1); }

TEST(CudaOnCpu, ExchangesWithinAWarp) {
  const Order order(7);
  std::vector<int> values(96);
  std::iota(values.begin(), values.end(), 0);
  const cudaLaunchConfig_t one = config(1, 96);
  cudaLaunchKernelEx(&one, swap_neighbours, values.data());
  for (int i = 0; i < 96; ++i) EXPECT_EQ(values[static_cast<std::size_t>(i)], i ^ 1);
}

void some_warps_wait_for_the_warp() {
  if (threadIdx.x == 3) __syncthreads();
  (void)__shfl_xor_sync(~0U, 1, 1);
}

TEST(CudaOnCpu, RefusesThreadsThatWaitForThoseThatNeverCome) {
  const cudaLaunchConfig_t one = config(1, 32);
  EXPECT_THROW(cudaLaunchKernelEx(&one, some_warps_wait_for_the_warp), std::logic_error);
  std::vector<int> counts(32);
  EXPECT_EQ(cudaLaunchKernelEx(&one, mark, counts.data()), cudaSuccess);  // and goes on
}

TEST(CudaOnCpu, RefusesLaunchesBeyondADevicesLimits) {
  std::vector<int> counts(1);
  for (const auto& [grid, block] : std::vector<std::pair<dim3, dim3>>{
           {{0}, {32}}, {{1}, {0}}, {{1}, {1025}}, {{1}, {32, 33}}, {{1, 65536}, {1}}, {{1, 1, 65536}, {1}}}) {
    const cudaLaunchConfig_t refused = config(grid, block);
    EXPECT_EQ(cudaLaunchKernelEx(&refused, mark, counts.data()), cudaErrorInvalidConfiguration);
  }
  EXPECT_EQ(counts[0], 0);
}

void add(int* sum, int number) { *sum += number; }

TEST(CudaOnCpu, RecordsLaunchesWithTheArgumentsThatTheyHad) {
  int sum = 0;
  int number = 5;
  const cudaLaunchConfig_t one = config(1, 1);
  begin_recording();
  const std::int64_t before = launches();
  cudaLaunchKernelEx(&one, add, &sum, number);
  number = 100;
  EXPECT_EQ(launches() - before, 1);
  EXPECT_EQ(sum, 0);
  const auto replay = end_recording();
  EXPECT_EQ(sum, 0);
  replay();
  replay();
  EXPECT_EQ(sum, 10);
  EXPECT_THROW(end_recording(), std::logic_error);
}

}  // namespace
}  // namespace cuda_on_cpu
