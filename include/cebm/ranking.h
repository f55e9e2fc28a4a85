/// How well a score separates two sets: the metrics of out-of-distribution detection.
///
/// The positive class is the one that should score higher. All metrics equal scikit-learn's (roc_auc_score,
/// average_precision_score, roc_curve with drop_intermediate=False), ties included.
/// Every function throws DataError if a set is empty, NumericsError if a score is not finite, saying how many are not.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

namespace cebm {

/// P(positive > negative) + P(positive = negative) / 2: area under the receiver operating characteristic.
double auroc(std::span<const double> positive, std::span<const double> negative);

/// Area under the precision-recall curve as average precision: sum_n (R_n - R_{n-1}) P_n over the distinct scores from
/// high to low, R and P recall and precision among all that score at least as high.
double average_precision(std::span<const double> positive, std::span<const double> negative);

/// The smallest false-positive rate of a threshold whose true-positive rate is at least `tpr`, in (0, 1].
double fpr_at_tpr(std::span<const double> positive, std::span<const double> negative, double tpr = 0.95);

/// A metric with a 95% interval.
struct Estimate {
  double value = 0.0;
  double low = 0.0;
  double high = 0.0;
};

struct RankingEstimates {
  Estimate auroc;
  Estimate aupr;   ///< average precision
  Estimate fpr95;  ///< false-positive rate at a true-positive rate of 95%

  /// {"auroc": {"value", "ci95": [low, high]}, "aupr": ..., "fpr95": ...}
  nlohmann::json to_json() const;
  /// Throws DataError that starts with `place` for JSON of another form than to_json's.
  static RankingEstimates from_json(const nlohmann::json& json, const std::string& place = "");
};

/// The three metrics with percentile intervals of a stratified bootstrap: positives and negatives are each drawn with
/// replacement `resamples` times, 1 or more (Stream::evaluation, step = resample, chain 1 and 2). Depends on neither
/// the order of the scores nor the number of threads.
RankingEstimates estimate_ranking(std::span<const double> positive, std::span<const double> negative,
                                  std::int64_t resamples, std::uint64_t seed);

}  // namespace cebm
