#include "train/interval_means.h"

#include <cebm/catalog.h>
#include <cebm/objective.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace cebm::interval_means_test {
namespace {

using testing::ElementsAre;
using testing::Pair;

const std::vector<Metric> kMetrics{{.name = "accuracy", .weight = "labelled"}, {.name = "labelled"}};

TEST(IntervalMeans, AreWeightedByTheShareThatAStepsValueIsAMeanOf) {
  IntervalMeans means(kMetrics);
  means.add({{"accuracy", 0.0}, {"labelled", 0.0}});
  means.add({{"accuracy", 1.0}, {"labelled", 0.25}});
  means.add({{"accuracy", 0.5}, {"labelled", 0.5}});
  EXPECT_THAT(means.means(), ElementsAre(Pair("accuracy", 0.5 / 0.75), Pair("labelled", 0.25)));
}

TEST(IntervalMeans, OfStepsThatAllWeighNothingAreZero) {
  IntervalMeans means(kMetrics);
  means.add({{"accuracy", 0.0}, {"labelled", 0.0}});
  EXPECT_THAT(means.means(), ElementsAre(Pair("accuracy", 0.0), Pair("labelled", 0.0)));
}

TEST(IntervalMeans, GoOnFromACheckpointAlsoWithNumbersThatJsonLacks) {
  const double infinity = std::numeric_limits<double>::infinity();
  IntervalMeans means(kMetrics);
  means.add({{"accuracy", 0.1}, {"labelled", 1.0}, {"loss", infinity}, {"norm", std::nan("")}, {"gap", -infinity}});
  nlohmann::json state;
  means.save(state);
  IntervalMeans resumed(kMetrics);
  resumed.load(nlohmann::json::parse(state.dump()));
  for (IntervalMeans* const each : {&means, &resumed}) {
    each->add({{"accuracy", 0.3}, {"labelled", 1.0}, {"loss", 1.0}, {"norm", 1.0}, {"gap", 1.0}});
  }
  const NamedValues expected = means.means();
  const NamedValues found = resumed.means();
  ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found[0].second, expected[0].second);
  EXPECT_EQ(found[2].second, infinity);
  EXPECT_TRUE(std::isnan(found[3].second));
  EXPECT_EQ(found[4].second, -infinity);
}

TEST(IntervalMeans, AreNotCreditedToOtherMetricsThanTheSumsAreOf) {
  IntervalMeans means;
  means.add({{"loss", 100.0}, {"energy_gap", 7.0}});
  nlohmann::json state;
  means.save(state);
  IntervalMeans other;
  other.load(state);
  other.add({{"loss", 1.0}, {"accuracy", 0.5}});
  EXPECT_THAT(other.means(), ElementsAre(Pair("loss", 1.0), Pair("accuracy", 0.5)));

  state.erase("sum_names");  // as earlier versions wrote it
  IntervalMeans older;
  older.load(state);
  older.add({{"loss", 0.0}, {"energy_gap", 1.0}});
  EXPECT_THAT(older.means(), ElementsAre(Pair("loss", 50.0), Pair("energy_gap", 4.0)));
}

TEST(IntervalMeans, WeightsOfAnObjectivesMetricsAreMetricsOfItsOwn) {
  const Catalog catalog;
  const std::vector<Metric> metrics = JemOptions(catalog).metrics();
  int weighted = 0;
  for (const Metric& metric : metrics) {
    if (metric.weight.empty()) continue;
    ++weighted;
    EXPECT_TRUE(std::ranges::count(metrics, metric.weight, &Metric::name) == 1) << metric.name;
  }
  EXPECT_EQ(weighted, 2) << "cross-entropy and accuracy of the labelled images";
}

}  // namespace
}  // namespace cebm::interval_means_test
