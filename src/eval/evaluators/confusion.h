// Nearest-neighbour classification of the test set and its confusion matrices (paper, Section 5.1, Appendix F).
#pragma once

#include <cebm/evaluator.h>
#include <cebm/evaluator_options.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cebm {

struct ConfusionResult {
  struct Space {
    double accuracy = 0.0;                          ///< share of the test images
    std::vector<std::vector<std::int64_t>> counts;  ///< confusion matrix, rows are true classes
  };

  std::int64_t k = 0;
  std::vector<std::string> classes;
  std::map<std::string, Space> spaces;

  /// {"k", "classes", "spaces": {<space>: {"accuracy", "matrix"}}}
  nlohmann::json to_json() const;
  /// Throws DataError if `json` is not as to_json writes it.
  static ConfusionResult from_json(const nlohmann::json& json);
};

/// Classifies every test image by its k nearest training images in L2 distance, in each space. Writes
/// confusion_<space>.csv (counts; rows are true classes) and confusion_<space>.svg (shares of the true class), and
/// returns a ConfusionResult. Throws ConfigError for spaces that the model does not have; DataError for fewer than k
/// training images, or images without a label.
std::shared_ptr<Evaluator> make_confusion(const ConfusionOptions& options, const EvaluatorContext& context);

/// The accuracies and the heat maps.
void confusion_section(const FinishedEvaluation& finished, HtmlReport& report);

}  // namespace cebm
