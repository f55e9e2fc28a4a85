/// The result of the evaluator few-shot: accuracies of a linear classifier on codes of images, with few labels and with
/// all.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace cebm {

/// All accuracies are shares of the test set, in [0, 1].
struct FewShotResult {
  /// With one number of labels per class.
  struct Accuracy {
    double mean = 0.0;
    double std = 0.0;  ///< of the draws, population standard deviation
    double low = 0.0;  ///< 95% interval of the mean
    double high = 0.0;
    std::vector<double> of_draws = {};
  };

  struct Space {
    std::map<std::int64_t, Accuracy> few = {};  ///< by labels per class
    std::optional<double> full = {};            ///< with all labels
  };

  std::vector<std::int64_t> shots;  ///< numbers of labels per class
  std::int64_t draws = 0;           ///< random draws of the labelled images, for each number
  std::map<std::string, Space> spaces;
  std::map<std::string, Space> standardised = {};  ///< the same spaces, each feature scaled (feature_scale.h)
  double cost = 1.0;                               ///< the classifier's C (logistic_regression.h)
  std::int64_t validation = 0;  ///< training images that were scored in place of the test set; 0: the test set

  /// {"shots", "draws", "spaces": {<space>: {"1": {"mean", "std", "ci95": [low, high], "accuracies"}, ..., "full":
  /// {"accuracy"}}}, "standardised": as "spaces", "C", "validation"}; "full", "standardised" and "validation" are
  /// absent unless requested, "C" if it is 1.
  nlohmann::json to_json() const;
  /// Throws DataError for JSON of another form than to_json's, naming the entry, what was expected and what was found.
  static FewShotResult from_json(const nlohmann::json& json);
};

/// ", C = 0.1"; empty for 1, the paper's.
std::string cost_text(double cost);

}  // namespace cebm
