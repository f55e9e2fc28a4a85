#include <ATen/Parallel.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/random.h>
#include <cebm/ranking.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/folder_test.h"

namespace cebm {
namespace {

using Scores = std::vector<double>;

/// `count` scores N(mean, 1).
Scores normal_scores(std::int64_t count, double mean, std::uint64_t seed) {
  const torch::Tensor drawn = normal({count}, {.seed = seed}).to(torch::kDouble) + mean;
  return {drawn.const_data_ptr<double>(), drawn.const_data_ptr<double>() + count};
}

TEST(Ranking, MetricsAreScikitLearnsWithTiesAndAtTheirExtremes) {
  const auto reference = nlohmann::json::parse(read_file(CEBM_TEST_REFERENCE "/ranking.json"));
  ASSERT_GE(reference.at("cases").size(), 10U);
  for (const auto& expected : reference.at("cases")) {
    const auto positive = expected.at("positive").get<Scores>();
    const auto negative = expected.at("negative").get<Scores>();
    const std::string name = expected.at("name");
    EXPECT_NEAR(auroc(positive, negative), expected.at("auroc").get<double>(), 1e-12) << name;
    EXPECT_NEAR(average_precision(positive, negative), expected.at("aupr").get<double>(), 1e-12) << name;
    EXPECT_NEAR(fpr_at_tpr(positive, negative), expected.at("fpr95").get<double>(), 1e-12) << name;
  }
}

TEST(Ranking, AurocIsTheShareOfPairsInOrder) {
  const Scores positive = normal_scores(40, 0.5, 1);
  const Scores negative = normal_scores(30, 0.0, 2);
  double won = 0.0;
  for (const double p : positive) {
    for (const double n : negative) won += p > n ? 1.0 : 0.0;
  }
  EXPECT_NEAR(auroc(positive, negative), won / 1200.0, 1e-12);
  EXPECT_NEAR(auroc(negative, positive), 1.0 - won / 1200.0, 1e-12);
}

TEST(Ranking, IntervalsContainTheValueAndShrinkWithTheNumberOfImages) {
  const auto width = [](std::int64_t count) {
    const RankingEstimates found = estimate_ranking(normal_scores(count, 1.0, 1), normal_scores(count, 0.0, 2), 300, 1);
    for (const Estimate& estimate : {found.auroc, found.aupr, found.fpr95}) {
      EXPECT_LT(estimate.low, estimate.value);
      EXPECT_GT(estimate.high, estimate.value);
    }
    return found.auroc.high - found.auroc.low;
  };
  EXPECT_NEAR(width(100) / width(1600), 4.0, 1.0);
}

TEST(Ranking, TheAurocsIntervalHasTheWidthThatTheoryGives) {
  // Hanley and McNeil 1982, by the placements of each score among the other set (DeLong et al. 1988).
  const Scores positive = normal_scores(400, 1.0, 1);
  const Scores negative = normal_scores(300, 0.0, 2);
  const auto variance_of_placements = [](const Scores& of, const Scores& among) {
    double sum = 0.0;
    double squares = 0.0;
    for (const double score : of) {
      const auto below = std::ranges::count_if(among, [&](double other) { return other < score; });
      const double placement = static_cast<double>(below) / static_cast<double>(among.size());
      sum += placement;
      squares += placement * placement;
    }
    const auto count = static_cast<double>(of.size());
    return (squares - sum * sum / count) / (count - 1.0) / count;
  };
  const double deviation =
      std::sqrt(variance_of_placements(positive, negative) + variance_of_placements(negative, positive));
  const Estimate found = estimate_ranking(positive, negative, 2000, 1).auroc;
  EXPECT_NEAR(found.high - found.low, 2.0 * 1.96 * deviation, 0.1 * 2.0 * 1.96 * deviation);
}

TEST(Ranking, AnUninformativeScoreHasOneHalfInItsInterval) {
  const Estimate found = estimate_ranking(normal_scores(500, 0.0, 3), normal_scores(500, 0.0, 4), 500, 1).auroc;
  EXPECT_LT(found.low, 0.5);
  EXPECT_GT(found.high, 0.5);
}

TEST(Ranking, IntervalsDependOnTheSeedButOnNeitherTheOrderNorTheThreads) {
  Scores positive = normal_scores(200, 1.0, 1);
  const Scores negative = normal_scores(150, 0.0, 2);
  const auto json = [&](std::uint64_t seed) { return estimate_ranking(positive, negative, 50, seed).to_json(); };
  const auto expected = json(1);
  EXPECT_NE(json(2), expected);
  EXPECT_EQ(json(2)["auroc"]["value"], expected["auroc"]["value"]);
  std::ranges::reverse(positive);
  EXPECT_EQ(json(1), expected);
  const int threads = at::get_num_threads();
  at::set_num_threads(3);
  EXPECT_EQ(json(1), expected);
  at::set_num_threads(threads);
}

TEST(Ranking, EmptySetsAndScoresThatAreNotFiniteAreRefused) {
  const Scores good{1.0, 2.0};
  EXPECT_THROW(auroc({}, good), DataError);
  EXPECT_THROW(average_precision(good, {}), DataError);
  const Scores bad{1.0, std::nan(""), std::numeric_limits<double>::infinity(), 2.0};
  const std::string message = message_of<NumericsError>([&] { estimate_ranking(good, bad, 10, 1); });
  EXPECT_NE(message.find("2 of 4 scores of negative images"), std::string::npos) << message;
}

}  // namespace
}  // namespace cebm
