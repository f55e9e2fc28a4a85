// Calibration of a model's p(y | x).
#pragma once

#include <cebm/evaluator.h>
#include <cebm/evaluator_options.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cebm {

struct CalibrationResult {
  /// Images whose largest p(y | x) is in one interval.
  struct Bin {
    std::int64_t images = 0;
    double confidence = 0.0;  ///< mean of the largest p(y | x); 0 without images
    double accuracy = 0.0;    ///< share whose most probable class is their label's; 0 without images
  };

  std::string data;
  std::string split;
  std::int64_t images = 0;
  double accuracy = 0.0;
  double log_loss = 0.0;  ///< mean of -log p(label | x), nats
  double brier = 0.0;     ///< mean of sum_y (p(y | x) - [y is the label])^2, in [0, 2] (Brier 1950)
  double ece = 0.0;       ///< sum over the bins of their share times |accuracy - confidence| (Guo et al. 2017)
  std::vector<Bin> bins;  ///< of equal width in [0, 1]

  nlohmann::json to_json() const;
  /// Throws DataError if `json` is not as to_json writes it.
  static CalibrationResult from_json(const nlohmann::json& json);
};

/// `probabilities` [N, L] with rows that sum to 1, `labels` int64 [N] in [0, L). Throws std::invalid_argument if their
/// sizes differ, or for no labels or bins < 1.
CalibrationResult calibration(const torch::Tensor& probabilities, const torch::Tensor& labels, std::int64_t bins);

/// Evaluates p(y | x) on the labelled images of the run's set; component i of the bias stands for class i. Writes
/// reliability.svg and returns a CalibrationResult. Throws ConfigError for a model without p(y | x), or whose
/// components are no classes; DataError for a set without labels, or with more classes than the bias has components.
std::shared_ptr<Evaluator> make_calibration(const CalibrationOptions& options, const EvaluatorContext& context);

/// The numbers and the diagram.
void calibration_section(const FinishedEvaluation& finished, HtmlReport& report);

}  // namespace cebm
