#include <cebm/errors.h>
#include <cebm/random.h>
#include <cebm/ranking.h>
#include <cebm/tiles.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/json_field.h"
#include "eval/statistics/statistics.h"

namespace cebm {

namespace {

constexpr double kTruePositiveRate = 0.95;

/// How many positives and negatives have one score.
struct Tie {
  std::int64_t positives = 0;
  std::int64_t negatives = 0;
};

/// Both sets by their distinct scores, from high to low.
struct Ranking {
  std::vector<Tie> ties;
  std::vector<std::size_t> tie_of_positive;  ///< of every positive, in order of its score
  std::vector<std::size_t> tie_of_negative;
};

void check(std::span<const double> scores, const char* what) {
  if (scores.empty()) throw DataError(std::string("ranking: expected scores of ") + what + " images, found none");
  const auto bad = std::ranges::count_if(scores, [](double score) { return !std::isfinite(score); });
  if (bad > 0) {
    throw NumericsError("ranking: " + std::to_string(bad) + " of " + std::to_string(scores.size()) + " scores of " +
                        what + " images are not finite");
  }
}

Ranking rank(std::span<const double> positive, std::span<const double> negative) {
  check(positive, "positive");
  check(negative, "negative");
  struct Scored {
    double score;
    bool positive;
  };
  std::vector<Scored> all;
  all.reserve(positive.size() + negative.size());
  for (const double score : positive) all.push_back({score, true});
  for (const double score : negative) all.push_back({score, false});
  std::ranges::sort(all, std::greater<>(), &Scored::score);
  Ranking ranking;
  double last = std::numeric_limits<double>::infinity();
  for (const Scored& one : all) {
    if (one.score != last) ranking.ties.emplace_back();
    last = one.score;
    Tie& tie = ranking.ties.back();
    ++(one.positive ? tie.positives : tie.negatives);
    (one.positive ? ranking.tie_of_positive : ranking.tie_of_negative).push_back(ranking.ties.size() - 1);
  }
  return ranking;
}

struct Metrics {
  double auroc = 0.0;
  double aupr = 0.0;
  double fpr = 1.0;
};

Metrics metrics(const std::vector<Tie>& ties, std::int64_t positives, std::int64_t negatives, double tpr) {
  const auto all_positives = static_cast<double>(positives);
  const auto all_negatives = static_cast<double>(negatives);
  std::int64_t true_positives = 0;
  std::int64_t false_positives = 0;
  double won = 0.0;  // pairs in which the positive scores higher; ties count half
  double precision = 0.0;
  bool reached = false;
  Metrics result;
  for (const Tie& tie : ties) {
    won += static_cast<double>(tie.negatives) *
           (static_cast<double>(true_positives) + static_cast<double>(tie.positives) / 2.0);
    true_positives += tie.positives;
    false_positives += tie.negatives;
    if (tie.positives > 0) {
      precision += static_cast<double>(tie.positives) * static_cast<double>(true_positives) /
                   static_cast<double>(true_positives + false_positives);
    }
    if (!reached && static_cast<double>(true_positives) / all_positives >= tpr) {
      reached = true;
      result.fpr = static_cast<double>(false_positives) / all_negatives;
    }
  }
  result.auroc = won / all_positives / all_negatives;
  result.aupr = precision / all_positives;
  return result;
}

Metrics metrics_of(std::span<const double> positive, std::span<const double> negative, double tpr) {
  return metrics(rank(positive, negative).ties, std::ssize(positive), std::ssize(negative), tpr);
}

/// A number below `bound`; the bias of at most bound / 2^64 is far below what any resample could show.
std::size_t bounded(std::uint64_t bits, std::size_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::size_t>(Wide{bits} * bound >> 64);
}

Metrics resampled(const Ranking& ranking, RandomKey key) {
  std::vector<Tie> ties(ranking.ties.size());
  const std::size_t positives = ranking.tie_of_positive.size();
  const std::size_t negatives = ranking.tie_of_negative.size();
  for (std::size_t i = 0; i < positives; ++i) {
    const std::uint64_t bits = random_bits(key, 1, static_cast<std::uint32_t>(i));
    ++ties[ranking.tie_of_positive[bounded(bits, positives)]].positives;
  }
  for (std::size_t i = 0; i < negatives; ++i) {
    const std::uint64_t bits = random_bits(key, 2, static_cast<std::uint32_t>(i));
    ++ties[ranking.tie_of_negative[bounded(bits, negatives)]].negatives;
  }
  return metrics(ties, static_cast<std::int64_t>(positives), static_cast<std::int64_t>(negatives), kTruePositiveRate);
}

Estimate estimate(double value, const std::vector<Metrics>& resamples, double Metrics::*metric) {
  std::vector<double> values;
  for (const Metrics& resample : resamples) values.push_back(resample.*metric);
  return {value, quantile(values, 0.025), quantile(values, 0.975)};
}

nlohmann::json json_of(const Estimate& estimate) {
  return {{"value", estimate.value}, {"ci95", {estimate.low, estimate.high}}};
}

Estimate read_estimate(const JsonField& field) {
  const auto [low, high] = field.at("ci95").interval();
  return {field.at("value").share(), low, high};
}

}  // namespace

double auroc(std::span<const double> positive, std::span<const double> negative) {
  return metrics_of(positive, negative, kTruePositiveRate).auroc;
}

double average_precision(std::span<const double> positive, std::span<const double> negative) {
  return metrics_of(positive, negative, kTruePositiveRate).aupr;
}

double fpr_at_tpr(std::span<const double> positive, std::span<const double> negative, double tpr) {
  return metrics_of(positive, negative, tpr).fpr;
}

RankingEstimates estimate_ranking(std::span<const double> positive, std::span<const double> negative,
                                  std::int64_t resamples, std::uint64_t seed) {
  const Ranking ranking = rank(positive, negative);
  const Metrics value = metrics(ranking.ties, std::ssize(positive), std::ssize(negative), kTruePositiveRate);
  std::vector<Metrics> drawn(static_cast<std::size_t>(resamples));
  for_each_tile(torch::kCPU, resamples, /*size=*/1, [&](const Tile& tile) {
    drawn[static_cast<std::size_t>(tile.index)] =
        resampled(ranking, {seed, Stream::evaluation, static_cast<std::uint64_t>(tile.index)});
  });
  return {estimate(value.auroc, drawn, &Metrics::auroc), estimate(value.aupr, drawn, &Metrics::aupr),
          estimate(value.fpr, drawn, &Metrics::fpr)};
}

nlohmann::json RankingEstimates::to_json() const {
  return {{"auroc", json_of(auroc)}, {"aupr", json_of(aupr)}, {"fpr95", json_of(fpr95)}};
}

RankingEstimates RankingEstimates::from_json(const nlohmann::json& json, const std::string& place) {
  const JsonField field(json, place);
  return {read_estimate(field.at("auroc")), read_estimate(field.at("aupr")), read_estimate(field.at("fpr95"))};
}

}  // namespace cebm
