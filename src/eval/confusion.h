// Nearest-neighbour classification of the test set and its confusion matrices (paper, Section 5.3, Appendix F).
#pragma once

#include <cebm/evaluator.h>

#include <cstdint>
#include <string>

namespace cebm {

struct ConfusionOptions final : Options {
  std::int64_t k = 1;
  std::string spaces = "pixels,latent";
  void fields(Fields& visit) override;
};

/// Classifies every test image by its k nearest training images in L2 distance, in each space. Writes
/// confusion_<space>.csv (counts; rows are true classes) and confusion_<space>.svg (shares of the true class), and
/// returns {"k", "classes", "spaces": {<space>: {"accuracy", "matrix"}}}. Throws ConfigError for spaces that the model
/// does not have; DataError for fewer than k training images, or images without a label.
std::shared_ptr<Evaluator> make_confusion(const ConfusionOptions& options, const EvaluatorContext& context);

/// The accuracies and the heat maps.
void confusion_section(const FinishedEvaluation& finished, HtmlReport& report);

}  // namespace cebm
