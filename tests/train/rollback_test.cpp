// A training that truly diverges, with both policies of the guard.
#include <cebm/errors.h>

#include "train/event_log.h"
#include "train/metrics_log.h"
#include "train/small_training.h"

namespace cebm {
namespace {

using testing::HasSubstr;

class Divergence : public SmallTraining {
 protected:
  static std::vector<std::string> rolling_back(std::vector<std::string> more = {}) {
    more.push_back("guard.policy=rollback");
    return more;
  }
};

TEST_F(Divergence, StopsWithWhatWasFoundAndKeepsAGoodCheckpoint) {
  const std::string message = message_of<NumericsError>([&] { run("diverging", "run", {}, {}); });
  EXPECT_THAT(message, HasSubstr("diverged at step"));
  EXPECT_THAT(message, HasSubstr("energy_gap"));
  const auto events = read_events(folder_ / "run/events.csv");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1][1], "diverged");
  const auto step = std::stoull(events[1][0]);
  const auto steps = checkpoint_steps(folder_ / "run/checkpoints");
  std::vector<std::uint64_t> good;
  std::ranges::copy_if(steps, std::back_inserter(good), [&](std::uint64_t saved) { return saved + 20 <= step; });
  ASSERT_FALSE(good.empty()) << "one that precedes the finding by the margin";
  EXPECT_THAT(message, HasSubstr("trusts: " + checkpoint_name(good.back())));
  EXPECT_THAT(contents(folder_ / "run/report.html"), HasSubstr("Events"));
}

TEST_F(Divergence, RollsBackAndReachesTheLastStep) {
  EXPECT_EQ(run("diverging", "run", rolling_back(), {}).code, TrainOutcome::finished);
  EXPECT_EQ(checkpoint_steps(folder_ / "run/checkpoints").back(), 300U);
  const auto events = read_events(folder_ / "run/events.csv");
  ASSERT_GE(events.size(), 3U);
  EXPECT_EQ(events[1][1], "diverged");
  EXPECT_EQ(events[2][1], "rolled_back");
  EXPECT_LE(std::stoull(events[2][5]) + 20, std::stoull(events[2][0])) << "to a checkpoint older than the margin";
  EXPECT_THAT(messages_, HasSubstr("rollback 1 of 8"));
  EXPECT_THAT(contents(folder_ / "run/report.html"), HasSubstr("rolled_back"));
  const MetricsTable metrics = read_metrics(folder_ / "run/metrics.csv");
  EXPECT_TRUE(std::ranges::is_sorted(metrics.column("step"))) << "rows of attempts that were given up are gone";
  EXPECT_LT(metrics.column("learning_rate").back(), metrics.column("learning_rate").front());
}

TEST_F(Divergence, StopsAfterTheLastRollbackThatIsAllowed) {
  const std::string message = message_of<NumericsError>([&] {
    run("diverging", "run", rolling_back({"guard.max_rollbacks=2", "guard.learning_rate_scale=1"}), {});
  });
  EXPECT_THAT(message, HasSubstr("after 2 rollbacks"));
  EXPECT_EQ(read_events(folder_ / "run/events.csv").size(), 1U + 5U) << "three findings, two rollbacks";
}

TEST_F(Divergence, ARunThatWasStoppedAroundARollbackEqualsOneThatWasNot) {
  run("diverging", "straight", rolling_back(), {});
  const auto events = read_events(folder_ / "straight/events.csv");
  const auto found = std::stoull(events.at(2)[0]);
  const auto target = std::stoull(events.at(2)[5]);
  // Gradient steps done before the stop: before the finding, in the margin, right after the rollback, and later.
  for (const std::uint64_t stop : {target - 1, found - 3, found + 1, found + 33}) {
    const std::string name = "stopped" + std::to_string(stop);
    EXPECT_EQ(run("diverging", name, rolling_back(), {.stop_after = stop}).code, TrainOutcome::stopped);
    EXPECT_EQ(run("diverging", name, rolling_back(), {.resume = true}).code, TrainOutcome::finished);
    expect_equal_runs(name, "straight");
  }
}

TEST_F(Divergence, AStateThatIsNotFiniteIsNeverSaved) {
  // One step at such a rate leaves weights that are not finite, or energies beyond every limit.
  const std::vector<std::string> wild{"train.optimizer.learning_rate=10", "train.optimizer.epsilon=1e-16",
                                      "guard.max_energy_gap=0", "train.max_energy=1e30", "checkpoint.every=1"};
  EXPECT_THROW(run("diverging", "run", wild, {}), NumericsError);
  for (const auto& folder : list_checkpoints(folder_ / "run/checkpoints")) {
    for (const auto& [part, state] : load_checkpoint(folder).parts) {
      for (const auto& [name, tensor] : state.tensors)
        EXPECT_TRUE(tensor.isfinite().all().item<bool>()) << part << name;
    }
  }
}

}  // namespace
}  // namespace cebm
