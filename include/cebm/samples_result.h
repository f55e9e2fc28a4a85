/// The result of the evaluator samples: how near a model's samples are to the images of its data set.
#pragma once

#include <cebm/sample_quality.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace cebm {

struct SamplesResult {
  /// Quality of one source's samples, and as `floor` that of training images, the best samples possible: equally many
  /// where there are as many.
  struct Source {
    std::string name;  ///< buffer, chains, generator
    std::string from;  ///< for people: "500 steps of the run's sampler from noise"
    std::int64_t images = 0;
    SampleQuality quality;
    SampleQuality floor;
    std::vector<double> class_shares = {};  ///< of the samples, by the classifier; empty without one
    std::int64_t floor_images = images;     ///< training images of `floor`
  };

  std::string data;
  std::int64_t test_images = 0;  ///< compared with; of validation, if there are any
  std::string features;          ///< for people
  std::optional<double> classifier_accuracy =
      {};  ///< on the test images (validation: on those); none without a classifier
  std::vector<std::string> classes = {};
  std::vector<Source> sources = {};
  std::int64_t validation = 0;  ///< training images that were kept apart in place of the test set; 0: the test set

  /// {"data", "test_images", "features", "classifier_accuracy" or null, "classes", "sources": [{"name", "from",
  /// "images", "quality", "floor", "floor_images", "class_shares"}], "validation"}, a quality being {"frechet",
  /// "kernel": {"value", "standard_error"}, "precision", "recall", "density", "coverage"}. "validation" is absent
  /// unless requested; "floor_images" is absent in results of earlier versions and is read as "images" then.
  nlohmann::json to_json() const;
  /// Throws DataError for JSON of another form than to_json's, naming the entry, what was expected and what was found.
  static SamplesResult from_json(const nlohmann::json& json);
};

}  // namespace cebm
