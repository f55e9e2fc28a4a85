#include "train/guard.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

namespace cebm {
namespace {

using testing::HasSubstr;

const double kNan = std::numeric_limits<double>::quiet_NaN();
const double kInfinity = std::numeric_limits<double>::infinity();

/// What a healthy step and a healthy row of the test's training show.
const NamedValues kHealthy{{"loss", 0.5}, {"energy_gap", 3.0}, {"gradient_norm", 2.0}, {"weight_norm", 7.0}};
const NamedValues kHealthyRow{{"loss", 0.5}, {"pixels_saturated", 0.4}, {"buffer_dead", 0.1}};

NamedValues with(NamedValues values, const std::string& name, double value) {
  for (auto& [other, old] : values) {
    if (other == name) old = value;
  }
  return values;
}

/// Metrics as an objective might declare them.
std::vector<Metric> metrics() {
  const auto row = Metric::When::row;
  return {{.name = "loss"},
          {.name = "energy_gap",
           .watches = {{.key = "max_energy_gap", .limit = 1e4}, {.of = Watch::Of::drift, .key = "max_gap_drift"}}},
          {.name = "gap_of_bound", .watches = {{.of = Watch::Of::mean, .key = "max_gap_of_bound", .limit = 0.9}}},
          {.name = "pixels_saturated", .when = row, .watches = {{.key = "max_pixels_saturated", .limit = 1, .off = 1}}},
          {.name = "buffer_dead", .when = row, .watches = {{.key = "max_buffer_dead", .limit = 0.5, .off = 1.0}}}};
}

Guard make_guard(const GuardOptions& options) { return {options, 1e6, metrics(), {"gradient_norm"}}; }

TEST(Guard, IsContentWithAHealthyTraining) {
  GuardOptions options;
  options.max_gradient_norm = 10.0;
  options.limits["max_gap_drift"] = 10.0;
  options.limits["max_pixels_saturated"] = 0.5;
  Guard guard = make_guard(options);
  for (int step = 0; step < 1000; ++step) EXPECT_FALSE(guard.look_at_step(kHealthy));
  EXPECT_FALSE(guard.look_at_row(kHealthyRow));
}

TEST(Guard, FindsNonFiniteNumbersInEveryQuantityOfAStep) {
  Guard guard = make_guard({});
  for (const auto& [name, value] : kHealthy) {
    for (const double bad : {kNan, kInfinity, -kInfinity}) {
      const auto finding = guard.look_at_step(with(kHealthy, name, bad));
      ASSERT_TRUE(finding) << name;
      EXPECT_EQ(finding->quantity, name);
      EXPECT_THAT(finding->describe(), HasSubstr(name));
    }
  }
  EXPECT_EQ(guard.look_at_row(with(kHealthyRow, "buffer_dead", kNan))->quantity, "buffer_dead");
}

TEST(Guard, HoldsEveryLimitThatIsSet) {
  struct Case {
    std::function<void(GuardOptions&)> set;
    const char* quantity;
    const char* setting;
    double inside;
    double outside;
    bool in_row;
  };
  const std::vector<Case> cases{
      {[](GuardOptions&) {}, "loss", "train.max_energy", -1e6, -1.1e6, false},
      {[](GuardOptions& o) { o.limits["max_energy_gap"] = 5.0; }, "energy_gap", "guard.max_energy_gap", -5.0, -5.1,
       false},
      {[](GuardOptions& o) { o.max_gradient_norm = 5.0; }, "gradient_norm", "guard.max_gradient_norm", 5.0, 5.1, false},
      {[](GuardOptions& o) { o.limits["max_pixels_saturated"] = 0.7; }, "pixels_saturated",
       "guard.max_pixels_saturated", 0.7, 0.71, true},
      {[](GuardOptions& o) { o.limits["max_buffer_dead"] = 0.2; }, "buffer_dead", "guard.max_buffer_dead", 0.2, 0.21,
       true},
  };
  for (const Case& item : cases) {
    GuardOptions options;
    item.set(options);
    Guard guard = make_guard(options);
    const auto look = [&](double value) {
      return item.in_row ? guard.look_at_row(with(kHealthyRow, item.quantity, value))
                         : guard.look_at_step(with(kHealthy, item.quantity, value));
    };
    EXPECT_FALSE(look(item.inside)) << item.quantity;
    const auto finding = look(item.outside);
    ASSERT_TRUE(finding) << item.quantity;
    EXPECT_EQ(finding->quantity, item.quantity);
    EXPECT_EQ(finding->value, item.outside);
    EXPECT_THAT(finding->describe(), HasSubstr(std::string(", ") + item.setting + ")"));
  }
}

TEST(Guard, LooksAwayWhenItIsOff) {
  GuardOptions options;
  options.policy = GuardPolicy::off;
  Guard guard = make_guard(options);
  EXPECT_FALSE(guard.look_at_step(with(kHealthy, "loss", kNan)));
  EXPECT_FALSE(guard.look_at_row(with(kHealthyRow, "buffer_dead", 1.0)));
  Checkpoint checkpoint;
  checkpoint.parts["model"].tensors["w"] = at::full({2}, kNan);
  EXPECT_FALSE(guard.look_at_state(checkpoint));
}

TEST(Guard, NamesTheTensorOfACheckpointThatIsNotFinite) {
  Guard guard = make_guard({});
  Checkpoint checkpoint;
  checkpoint.parts["model"].tensors = {{"w", at::ones({3})}, {"n", at::ones({2}, at::kLong)}, {"none", at::ones({0})}};
  EXPECT_FALSE(guard.look_at_state(checkpoint));
  for (const double bad : {kNan, kInfinity, -kInfinity}) {
    checkpoint.parts["objective"].tensors["images"] = at::zeros({4, 5});
    checkpoint.parts["objective"].tensors["images"][2][3] = bad;
    const auto finding = guard.look_at_state(checkpoint);
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->quantity, "objective.images");
  }
}

/// The definition in metric.h, written out.
double drift_after(const std::vector<double>& values, double window) {
  double fast = 0.0;
  double slow = 0.0;
  for (std::size_t n = 1; n <= values.size(); ++n) {
    fast += (values[n - 1] - fast) / std::min(static_cast<double>(n), window);
    slow += (values[n - 1] - slow) / std::min(static_cast<double>(n), 10.0 * window);
  }
  return fast - slow;
}

TEST(Drift, IsFoundWhenTheMeansPartAndNotBefore) {
  std::vector<double> values(50, 1.0);
  for (int i = 0; i < 60; ++i) values.push_back(1.0 + 0.1 * i);
  Watcher watcher("energy_gap", {.of = Watch::Of::drift, .key = "drift"}, 1.5, 10);
  std::size_t seen = 0;
  std::optional<Finding> finding;
  while (!finding && seen < values.size()) finding = watcher.look(values[seen++]);
  ASSERT_TRUE(finding);
  const std::vector<double> until(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(seen));
  EXPECT_DOUBLE_EQ(finding->value, drift_after(until, 10));
  EXPECT_GT(finding->value, 1.5);
  EXPECT_LE(drift_after({until.begin(), until.end() - 1}, 10), 1.5);
  EXPECT_EQ(finding->quantity, "energy_gap_drift");
}

TEST(Drift, IsNotLookedForInTheFirstSteps) {
  Watcher watcher("energy_gap", {.of = Watch::Of::drift, .key = "drift"}, 0.1, 10);
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(watcher.look(100.0 * i));
}

TEST(Drift, GoesOnExactlyFromWhatWasSaved) {
  GuardOptions options;
  options.limits["max_gap_drift"] = 1.0;
  options.drift_window = 5;
  Guard straight = make_guard(options);
  Guard first = make_guard(options);
  const auto value = [](int i) { return with(kHealthy, "energy_gap", std::sin(i) + 0.001 * i * i); };
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(straight.look_at_step(value(i)).has_value(), first.look_at_step(value(i)).has_value());
  Guard second = make_guard(options);
  second.load(nlohmann::json::parse(first.save().dump()));
  for (int i = 20; i < 100; ++i) {
    const auto expected = straight.look_at_step(value(i));
    const auto found = second.look_at_step(value(i));
    ASSERT_EQ(found.has_value(), expected.has_value()) << i;
    EXPECT_EQ(found ? found->value : 0.0, expected ? expected->value : 0.0) << i;
  }
}

TEST(RunningMean, IsFoundAboveTheLimitWithItsAdviceAndNotInTheFirstSteps) {
  Watcher watcher("chain_rms", {.of = Watch::Of::mean, .key = "mean", .advice = "Take less noise"}, 1.5, 10);
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(watcher.look(3.0)) << i;
  const auto finding = watcher.look(3.0);
  ASSERT_TRUE(finding);
  EXPECT_DOUBLE_EQ(finding->value, 3.0);
  EXPECT_EQ(finding->limit, 1.5);
  EXPECT_EQ(finding->advice, "Take less noise");
  EXPECT_THAT(finding->describe(), HasSubstr("chain_rms"));
}

TEST(RunningMean, ForgivesAFewStepsAboveTheLimit) {
  Watcher watcher("chain_rms", {.of = Watch::Of::mean, .key = "mean"}, 1.5, 10);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(watcher.look(i % 10 == 5 ? 4.0 : 1.0)) << i;
}

TEST(RunningMean, GoesOnExactlyFromWhatWasSaved) {
  GuardOptions options;
  options.limits["max_gap_of_bound"] = 0.5;
  options.drift_window = 5;
  Guard straight = make_guard(options);
  Guard first = make_guard(options);
  const auto value = [](int i) { return NamedValues{{"gap_of_bound", std::sin(i) + 0.02 * i}}; };
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(straight.look_at_step(value(i)).has_value(), first.look_at_step(value(i)).has_value());
  Guard second = make_guard(options);
  second.load(nlohmann::json::parse(first.save().dump()));
  bool found_any = false;
  for (int i = 20; i < 100; ++i) {
    const auto expected = straight.look_at_step(value(i));
    const auto found = second.look_at_step(value(i));
    ASSERT_EQ(found.has_value(), expected.has_value()) << i;
    EXPECT_EQ(found ? found->value : 0.0, expected ? expected->value : 0.0) << i;
    found_any |= found.has_value();
  }
  EXPECT_TRUE(found_any);
}

}  // namespace
}  // namespace cebm
