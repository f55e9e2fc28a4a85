#include <cebm/errors.h>
#include <cebm/random.h>
#include <cebm/statistic_map.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/numeric.h"

namespace cebm::statistic_map_test {
namespace {

const std::vector<Domain> gaussian{Domain::real, Domain::negative};

TEST(StatisticMap, DerivativeEqualsAutogradOfTheValue) {
  const torch::Tensor n = torch::linspace(-50, 50, 2003, torch::kFloat64);
  for (const StatisticMap& map : statistic_maps()) {
    EXPECT_LT(relative_error(map.derivative(n), autograd_gradient(map.value, n)), 1e-12) << map.name;
    // Far from zero an error relative to the largest entry hides the small ones.
    const torch::Tensor ratio = map.derivative(n) / autograd_gradient(map.value, n);
    EXPECT_LT((ratio - 1.0).abs().max().item<double>(), 1e-10) << map.name;
  }
}

TEST(StatisticMap, ValuesAreTheirFormulas) {
  const torch::Tensor n = torch::linspace(-30, 30, 301, torch::kFloat64);
  EXPECT_TRUE(find_statistic_map("identity").value(n).equal(n));
  EXPECT_LT(relative_error(find_statistic_map("negative_square").value(n), -n * n), 1e-15);
  EXPECT_LT(relative_error(find_statistic_map("negative_softplus").value(n), -torch::log1p(torch::exp(n))), 1e-15);
}

TEST(StatisticMap, NegativeMapsStayInTheirDomainAndFiniteOverTheWholeUsefulRange) {
  // Up to the largest magnitude whose square float32 can hold, and down to where it underflows.
  torch::Tensor n = torch::pow(10.0, torch::linspace(-45, 19, 20001));
  n = torch::cat({n, -n, torch::zeros({1})});
  for (const StatisticMap& map : statistic_maps()) {
    if (map.image != Domain::negative) continue;
    const torch::Tensor value = map.value(n);
    EXPECT_TRUE((value <= 0).all().item<bool>()) << map.name;
    EXPECT_TRUE(value.isfinite().all().item<bool>()) << map.name;
    EXPECT_TRUE(map.derivative(n).isfinite().all().item<bool>()) << map.name;
    EXPECT_TRUE((value - 0.5 < 0).all().item<bool>()) << map.name;
  }
}

TEST(StatisticMap, NeverLeavesItsDomainEvenWhereFloat32Overflows) {
  const torch::Tensor n = torch::tensor({1e20F, -1e20F, 3e38F, -3e38F});
  for (const StatisticMap& map : statistic_maps()) {
    if (map.image == Domain::negative) {
      EXPECT_TRUE((map.value(n) <= 0).all().item<bool>()) << map.name;
    }
  }
}

TEST(StatisticMap, UnknownNamesAreRefusedWithTheNearestOne) {
  try {
    find_statistic_map("negative_sqare");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'negative_square'"), std::string::npos) << error.what();
  }
}

TEST(StatisticMaps, MapOnlyTheConstrainedStatistics) {
  const StatisticMaps maps(gaussian, find_statistic_map("negative_square"));
  const torch::Tensor raw = normal({4, 3, 2, 5}, {.seed = 1}).to(torch::kFloat64);
  const torch::Tensor mapped = maps(raw);
  EXPECT_TRUE(mapped.select(2, 0).equal(raw.select(2, 0)));
  EXPECT_TRUE(mapped.select(2, 1).equal(-raw.select(2, 1).square()));
}

TEST(StatisticMaps, PullBackEqualsAutograd) {
  const torch::Tensor raw = normal({4, 3, 2, 5}, {.seed = 1}).to(torch::kFloat64);
  const torch::Tensor gradient = normal({4, 3, 2, 5}, {.seed = 2}).to(torch::kFloat64);
  for (const char* name : {"negative_square", "negative_softplus"}) {
    const StatisticMaps maps(gaussian, find_statistic_map(name));
    const auto weighted = [&](const torch::Tensor& n) { return maps(n) * gradient; };
    EXPECT_LT(relative_error(maps.pull_back(raw, gradient), autograd_gradient(weighted, raw)), 1e-14) << name;
  }
}

TEST(StatisticMaps, RefuseAMapThatCouldLeaveTheDomain) {
  EXPECT_THROW(StatisticMaps(gaussian, find_statistic_map("identity")), ConfigError);
  EXPECT_NO_THROW(StatisticMaps({Domain::real}, find_statistic_map("identity")));
}

}  // namespace
}  // namespace cebm::statistic_map_test
