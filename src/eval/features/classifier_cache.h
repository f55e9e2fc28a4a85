// Trained classifiers that runs of one data set share.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "eval/features/classifier.h"

namespace cebm {

/// One file per fingerprint in a folder; an empty folder name disables the cache.
class ClassifierCache {
 public:
  /// `fingerprint`: everything that determines the weights, as text.
  ClassifierCache(const std::filesystem::path& folder, std::string fingerprint);

  /// Null if the file of this fingerprint is missing or damaged.
  std::shared_ptr<Classifier> load(ImageShape image, std::int64_t classes) const;
  /// Best effort: ignores IoError.
  void store(const Classifier& classifier) const;

 private:
  std::filesystem::path file_;
  std::string fingerprint_;
};

/// Everything that determines the weights of train_classifier(data, classes, training), as text: the library's version,
/// the number of classes, the training, and checksums of pixels and labels.
std::string fingerprint(const Dataset& data, std::int64_t classes, const ClassifierTraining& training);

}  // namespace cebm
