/// The result of the evaluator ood: how well scores tell images of a run's data set from those of others.
#pragma once

#include <cebm/ranking.h>

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace cebm {

/// In-distribution is the positive class.
struct OodResult {
  struct OtherSet {
    std::string missing = {};  ///< why the set was unavailable; then the rest is empty
    std::int64_t images = 0;
    std::map<std::string, RankingEstimates> scores = {};
  };

  std::string data;  ///< the in-distribution set
  std::string split;
  std::int64_t images = 0;
  std::map<std::string, OtherSet> sets;

  /// {"positive_class": "in-distribution", "in_distribution": {"data", "split", "images"}, "sets": {<set>: {"images",
  /// <score>: RankingEstimates} or {"missing": reason}}}
  nlohmann::json to_json() const;
  /// Throws DataError for JSON of another form than to_json's, naming the entry, what was expected and what was found.
  static OodResult from_json(const nlohmann::json& json);
};

}  // namespace cebm
