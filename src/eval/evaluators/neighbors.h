// Pictures of nearest neighbours in several spaces side by side (paper, Figure 1).
#pragma once

#include <cebm/evaluator.h>
#include <cebm/evaluator_options.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cebm {

struct NeighborsResult {
  std::int64_t queries = 0;
  std::int64_t k = 0;
  std::map<std::string, double> label_agreement;  ///< by space: mean share of neighbours of the query's class

  /// {"queries", "k", "spaces": {<space>: {"label_agreement"}}}
  nlohmann::json to_json() const;
  /// Throws DataError if `json` is not as to_json writes it.
  static NeighborsResult from_json(const nlohmann::json& json);
};

/// Finds the k nearest training images, in L2 distance, of test images drawn by the seed: in each space, and in the
/// latent space of each other run, which is called <folder>/latent. Writes neighbors.svg and neighbors.csv, and returns
/// a NeighborsResult. Throws ConfigError for spaces that the model does not have and runs of another image shape,
/// CheckpointError for runs that cannot be opened; DataError for fewer images than queries or neighbours, or images
/// without a label.
std::shared_ptr<Evaluator> make_neighbors(const NeighborsOptions& options, const EvaluatorContext& context);

/// The shares of neighbours of the query's class, and the figure.
void neighbors_section(const FinishedEvaluation& finished, HtmlReport& report);

}  // namespace cebm
