#include <ATen/ops/equal.h>
#include <cebm/errors.h>
#include <cebm/replay_buffer.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace cebm::replay_buffer_test {
namespace {

constexpr ImageShape image{.channels = 2, .height = 3, .width = 4};

ReplayBuffer make_buffer(std::int64_t size, double reuse, std::uint64_t seed = 1, ImageShape shape = image) {
  BufferOptions options;
  options.size = size;
  options.reuse_probability = reuse;
  return {options, shape, seed, torch::kCPU};
}

std::vector<std::int64_t> slots_of(const Chains& chains) {
  const auto* begin = chains.ids.const_data_ptr<std::int64_t>();
  return {begin, begin + chains.ids.numel()};
}

TEST(ReplayBuffer, StartsAsUniformNoiseInChannelsLastLayout) {
  const ReplayBuffer buffer = make_buffer(500, 0.95);
  EXPECT_TRUE(buffer.images().is_contiguous(torch::MemoryFormat::ChannelsLast));
  const double n = 500 * 24;
  EXPECT_NEAR(buffer.images().mean().item<double>(), 0, 4 * std::sqrt(1 / (3 * n)));
  EXPECT_NEAR(buffer.images().square().mean().item<double>(), 1.0 / 3, 4 * std::sqrt(4 / (45 * n)));
}

TEST(ReplayBuffer, TakesNoMemoryBeforeItsFirstUse) {
  const ReplayBuffer buffer = make_buffer(100000000, 0.95, 1, {3, 64, 64});  // 4.9 TB
  EXPECT_EQ(buffer.size(), 100000000);
  EXPECT_EQ(buffer.restarted(), 0);
}

TEST(ReplayBuffer, ReusesChainsWithItsProbability) {
  ReplayBuffer buffer = make_buffer(500, 0.95);
  double restarted = 0;
  for (std::uint64_t step = 0; step < 500; ++step) {
    (void)buffer.draw(64, step);
    restarted += static_cast<double>(buffer.restarted());
  }
  const double n = 500 * 64;
  EXPECT_NEAR(restarted, 0.05 * n, 4 * std::sqrt(n * 0.95 * 0.05));
}

TEST(ReplayBuffer, RestartsAllOrNoneAtTheEndsOfTheProbability) {
  ReplayBuffer none = make_buffer(50, 0.0);
  ReplayBuffer all = make_buffer(50, 1.0);
  (void)none.draw(50, 1);
  (void)all.draw(50, 1);
  EXPECT_EQ(none.restarted(), 50);
  EXPECT_EQ(all.restarted(), 0);
}

TEST(ReplayBuffer, DrawsEverySlotAtMostOnceAndAllEquallyOften) {
  ReplayBuffer buffer = make_buffer(40, 1.0);
  std::vector<double> counts(40, 0);
  for (std::uint64_t step = 0; step < 1000; ++step) {
    const std::vector<std::int64_t> slots = slots_of(buffer.draw(10, step));
    EXPECT_EQ(std::set<std::int64_t>(slots.begin(), slots.end()).size(), 10U) << "step " << step;
    for (const std::int64_t slot : slots) ++counts[static_cast<std::size_t>(slot)];
  }
  // Each slot: a binomial number of 1000 draws with probability 1/4.
  for (const double count : counts) EXPECT_NEAR(count, 250, 4.5 * std::sqrt(1000 * 0.25 * 0.75));
}

TEST(ReplayBuffer, HandsOutItsImagesUnderTheirSlots) {
  ReplayBuffer buffer = make_buffer(30, 1.0);
  const Chains chains = buffer.draw(12, 3);
  EXPECT_TRUE(chains.x.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(torch::equal(chains.x, buffer.images().index_select(0, chains.ids)));
}

TEST(ReplayBuffer, ContinuesChainsInPlaceAndLeavesTheOthersAlone) {
  ReplayBuffer buffer = make_buffer(30, 1.0);
  const torch::Tensor before = buffer.images().clone();
  const Chains chains = buffer.draw(12, 3);
  EXPECT_TRUE(torch::equal(buffer.images(), before)) << "a draw is a copy";
  chains.x.add_(5);
  buffer.store(chains);
  torch::Tensor expected = before.clone();
  expected.index_add_(0, chains.ids, torch::full({12, 2, 3, 4}, 5.0F));
  EXPECT_TRUE(torch::equal(buffer.images(), expected));
}

TEST(ReplayBuffer, RestartsFromFreshNoiseOfItsOwnForEverySlotAndStep) {
  ReplayBuffer buffer = make_buffer(20, 0.5);
  buffer.store({torch::full({20, 2, 3, 4}, 7.0F).contiguous(torch::MemoryFormat::ChannelsLast), torch::arange(20)});
  std::set<double> first_pixels;
  std::int64_t restarted = 0;
  for (std::uint64_t step = 0; step < 20; ++step) {
    const Chains chains = buffer.draw(20, step);
    std::int64_t fresh = 0;
    for (std::int64_t row = 0; row < 20; ++row) {
      const torch::Tensor pixels = chains.x[row];
      if ((pixels == 7).all().item<bool>()) continue;
      ++fresh;
      EXPECT_LE(pixels.abs().max().item<double>(), 1.0);
      first_pixels.insert(pixels[0][0][0].item<double>());
    }
    EXPECT_EQ(fresh, buffer.restarted());
    restarted += fresh;
  }
  EXPECT_EQ(static_cast<std::int64_t>(first_pixels.size()), restarted) << "two restarts gave the same noise";
}

TEST(ReplayBuffer, DrawsTheSameForTheSameSeedAndStepWhateverCameBefore) {
  ReplayBuffer first = make_buffer(50, 0.9);
  ReplayBuffer second = make_buffer(50, 0.9);
  (void)second.draw(7, 1);
  const Chains a = first.draw(20, 5);
  const Chains b = second.draw(20, 5);
  EXPECT_TRUE(torch::equal(a.ids, b.ids));
  EXPECT_TRUE(torch::equal(a.x, b.x));
  EXPECT_FALSE(torch::equal(first.draw(20, 6).ids, a.ids));
  EXPECT_FALSE(torch::equal(make_buffer(50, 0.9, 2).draw(20, 5).ids, a.ids));
}

TEST(ReplayBuffer, CountsTheAgeOfChainsInGradientSteps) {
  ReplayBuffer buffer = make_buffer(10, 0.0);
  EXPECT_DOUBLE_EQ(buffer.mean_age(4), 4.0);
  (void)buffer.draw(10, 6);
  EXPECT_DOUBLE_EQ(buffer.mean_age(9), 3.0);
  (void)buffer.draw(5, 8);
  EXPECT_DOUBLE_EQ(buffer.mean_age(9), 2.0);
}

TEST(ReplayBuffer, ChainsAreAsOldAsTheStepThatDrewTheFirstOfThem) {
  ReplayBuffer buffer = make_buffer(10, 1.0);
  (void)buffer.draw(5, 8);
  EXPECT_DOUBLE_EQ(buffer.mean_age(9), 1.0) << "a training may begin with new chains at any step";
}

TEST(ReplayBuffer, GoesOnAfterSaveAndLoadAsIfNothingHappened) {
  ReplayBuffer original = make_buffer(40, 0.8);
  const Chains chains = original.draw(20, 1);
  chains.x.mul_(0.5);
  original.store(chains);
  State state;
  original.save(state);
  ReplayBuffer resumed = make_buffer(40, 0.8);
  resumed.load(state);
  EXPECT_TRUE(torch::equal(resumed.images(), original.images()));
  EXPECT_DOUBLE_EQ(resumed.mean_age(2), original.mean_age(2));
  EXPECT_TRUE(torch::equal(resumed.draw(20, 2).x, original.draw(20, 2).x));
}

TEST(ReplayBuffer, SavesACopyThatLaterStepsDoNotChange) {
  ReplayBuffer buffer = make_buffer(10, 1.0, 1, {1, 3, 3});
  State state;
  buffer.save(state);
  const torch::Tensor saved = state.tensors.at("images").clone();
  const Chains chains = buffer.draw(10, 1);
  chains.x.zero_();
  buffer.store(chains);
  EXPECT_TRUE(torch::equal(state.tensors.at("images"), saved));
}

TEST(ReplayBuffer, RefusesAStateOfAnotherShapeAndSaysWhich) {
  State state;
  make_buffer(40, 0.8).save(state);
  ReplayBuffer other = make_buffer(41, 0.8);
  try {
    other.load(state);
    FAIL() << "expected CheckpointError";
  } catch (const CheckpointError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("images"));
    EXPECT_THAT(error.what(), testing::HasSubstr("[41, 2, 3, 4]"));
    EXPECT_THAT(error.what(), testing::HasSubstr("[40, 2, 3, 4]"));
  }
  EXPECT_THROW(other.load({}), CheckpointError);
}

TEST(ReplayBuffer, RefusesToDrawMoreChainsThanItHas) {
  ReplayBuffer buffer = make_buffer(10, 0.95);
  EXPECT_THROW((void)buffer.draw(11, 0), ConfigError);
  EXPECT_EQ(buffer.draw(10, 0).x.size(0), 10);
}

}  // namespace
}  // namespace cebm::replay_buffer_test
