// That chains stay where a recording of their steps reads and writes them.
#include "engine/cuda/chain_memory.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

namespace cebm {
namespace {

constexpr ImageShape kImage{3, 4, 5};

Chains chains_of(std::int64_t count, std::uint64_t seed = 1) { return noise_chains(count, kImage, seed, torch::kCPU); }

/// As a program does between two calls: what was freed is used for something else.
std::vector<torch::Tensor> small_tensors() {
  std::vector<torch::Tensor> all;
  for (int i = 0; i < 64; ++i) all.push_back(torch::full({i + 1}, -1.0));
  return all;
}

TEST(ChainMemory, HoldsACopyOfTheChains) {
  ChainMemory memory;
  for (const std::int64_t count : {5, 11, 1, 0, 7}) {
    const Chains chains = chains_of(count, static_cast<std::uint64_t>(count));
    memory.take(chains);
    EXPECT_TRUE(at::equal(memory.x(), chains.x)) << count;
    EXPECT_TRUE(at::equal(memory.ids(), chains.ids)) << count;
    EXPECT_TRUE(memory.x().is_contiguous(torch::MemoryFormat::ChannelsLast)) << count;
    EXPECT_EQ(memory.scale().sizes(), chains.ids.sizes());
    EXPECT_EQ(memory.scale().scalar_type(), torch::kFloat);
  }
}

TEST(ChainMemory, PutsAsManyChainsWhereTheyWereWhateverCameBetween) {
  ChainMemory memory;
  memory.take(chains_of(11));
  const auto of_eleven = memory.addresses();
  memory.take(chains_of(5));
  const auto of_five = memory.addresses();
  const auto between = small_tensors();
  memory.take(chains_of(11));
  EXPECT_EQ(memory.addresses(), of_eleven);
  memory.take(chains_of(5));
  EXPECT_EQ(memory.addresses(), of_five);
}

TEST(ChainMemory, NamesAllThatMovesWhenMoreChainsCome) {
  ChainMemory memory;
  memory.take(chains_of(5));
  const auto before = memory.addresses();
  const Chains more = chains_of(11);
  memory.take(more);
  const auto after = memory.addresses();
  ASSERT_EQ(after.size(), 4U);
  for (std::size_t i = 0; i < after.size(); ++i) EXPECT_NE(after[i], before[i]) << i;
  EXPECT_TRUE(at::equal(memory.x(), more.x));
}

TEST(ChainMemory, MakesNewRoomForImagesOfAnotherSize) {
  ChainMemory memory;
  memory.take(chains_of(5));
  const Chains other = noise_chains(2, {1, 8, 8}, 1, torch::kCPU);
  memory.take(other);
  EXPECT_TRUE(at::equal(memory.x(), other.x));
}

}  // namespace
}  // namespace cebm
