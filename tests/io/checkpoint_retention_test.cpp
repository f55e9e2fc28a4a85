#include <cebm/checkpoint.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace cebm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Steps = std::vector<std::uint64_t>;

/// What is left of `saved` when it is pruned after every save, as a training does.
Steps kept_after(const Steps& saved, const Retention& retention) {
  Steps kept;
  for (const std::uint64_t step : saved) {
    kept.push_back(step);
    for (const std::uint64_t old : superseded_checkpoints(kept, retention)) std::erase(kept, old);
  }
  return kept;
}

Steps every(std::uint64_t interval, std::uint64_t until) {
  Steps steps;
  for (std::uint64_t step = interval; step <= until; step += interval) steps.push_back(step);
  return steps;
}

TEST(Retention, KeepsTheLastOnesAndThoseAtTheLongInterval) {
  EXPECT_THAT(kept_after(every(10, 100), {.every = 10, .keep_last = 2}), ElementsAre(90, 100));
  EXPECT_THAT(kept_after(every(10, 100), {.every = 10, .keep_last = 2, .keep_every = 40}),
              ElementsAre(40, 80, 90, 100));
  EXPECT_THAT(kept_after(every(10, 100), {.every = 10, .keep_last = 0}), testing::SizeIs(10));
  EXPECT_THAT(superseded_checkpoints({}, {}), IsEmpty());
}

TEST(Retention, KeepsThoseAtTheLongIntervalWhenTheShortOneChanges) {
  EXPECT_THAT(superseded_checkpoints({2, 4, 6, 7}, {.every = 5, .keep_last = 1, .keep_every = 2}), IsEmpty());
  EXPECT_THAT(superseded_checkpoints({2, 4, 6, 7}, {.every = 5, .keep_last = 1, .keep_every = 4}), ElementsAre(2, 6));
}

TEST(Retention, KeepsWhatWasRegularWhenItWasSavedAfterTheIntervalChanges) {
  const Steps saved{200, 400, 600, 800, 1000};
  const Retention retention{.every = 300, .keep_last = 2, .margin = 100};
  EXPECT_THAT(superseded_checkpoints(saved, retention), ElementsAre(200, 400, 800)) << "by the new interval alone";
  EXPECT_THAT(superseded_checkpoints(saved, retention, saved), ElementsAre(200, 400, 600));
}

TEST(Retention, KeepsWhatWasSavedInBetweenOnlyWhileItIsTheNewest) {
  EXPECT_THAT(kept_after({10, 20, 30, 33}, {.every = 10, .keep_last = 2}), ElementsAre(20, 30, 33));
  EXPECT_THAT(kept_after({10, 20, 30, 33, 40}, {.every = 10, .keep_last = 2}), ElementsAre(30, 40));
}

TEST(Retention, AlwaysHasAGoodOneThatIsAtMostTwoMarginsOld) {
  for (const std::uint64_t interval : {1, 3, 10, 40}) {
    for (const std::int64_t margin : {1, 7, 10, 25, 100}) {
      const Retention retention{.every = static_cast<std::int64_t>(interval), .keep_last = 1, .margin = margin};
      Steps kept;
      for (const std::uint64_t step : every(interval, 1000)) {
        kept.push_back(step);
        for (const std::uint64_t old : superseded_checkpoints(kept, retention)) std::erase(kept, old);
        const auto m = static_cast<std::uint64_t>(margin);
        const std::uint64_t oldest_wanted = 2 * (m + interval);
        if (step < oldest_wanted) continue;
        EXPECT_TRUE(std::ranges::any_of(
            kept, [&](std::uint64_t old) { return old + m <= step && old + oldest_wanted >= step; }))
            << "every " << interval << " margin " << margin << " step " << step;
        EXPECT_LE(kept.size(), 4U);
      }
    }
  }
}

TEST(Retention, OfRegularOnesDoesNotDependOnInterruptions) {
  const Retention retention{.every = 10, .keep_last = 2, .keep_every = 50, .margin = 25};
  Steps interrupted;
  for (std::uint64_t step = 1; step <= 300; ++step) {
    if (step % 10 == 0 || step % 7 == 0 || step % 31 == 0) interrupted.push_back(step);
  }
  EXPECT_EQ(kept_after(interrupted, retention), kept_after(every(10, 300), retention));
}

TEST(Retention, IsTheSameWhenAPruningCutShortIsRepeated) {
  const Retention retention{.every = 10, .keep_last = 2, .keep_every = 70, .margin = 35};
  const Steps all = every(10, 200);
  Steps expected = all;
  const Steps gone = superseded_checkpoints(all, retention);
  for (const std::uint64_t old : gone) std::erase(expected, old);
  for (std::size_t cut = 0; cut < gone.size(); ++cut) {
    Steps rest = all;
    for (std::size_t i = 0; i < cut; ++i) std::erase(rest, gone[i]);
    for (const std::uint64_t old : superseded_checkpoints(rest, retention)) std::erase(rest, old);
    EXPECT_EQ(rest, expected);
  }
}

}  // namespace
}  // namespace cebm
