// Per-image numbers for use elsewhere, a notebook for example.
#pragma once

#include <cebm/evaluator.h>
#include <cebm/evaluator_options.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "eval/statistics/statistics.h"

namespace cebm {

struct ScoresResult {
  std::optional<std::int64_t> images;     ///< none if no column was written
  std::map<std::string, Spread> columns;  ///< those with one number per image

  /// {"images", <column>: {"mean", "std"}}
  nlohmann::json to_json() const;
  /// Throws DataError if `json` is not as to_json writes it.
  static ScoresResult from_json(const nlohmann::json& json);
};

/// Writes <column>.npy, [N] or [N, D] in the order of the images, for every column of the list that the model has, and
/// scores.csv with one row per image: columns of one number, and of vectors of at most csv_width numbers. Returns a
/// ScoresResult. Throws ConfigError for an unknown column.
std::shared_ptr<Evaluator> make_scores(const ScoresOptions& options, const EvaluatorContext& context);

/// A table of means and standard deviations.
void scores_section(const FinishedEvaluation& finished, HtmlReport& report);

}  // namespace cebm
