// Trained classifiers that runs of one data set share.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "eval/features/classifier.h"

namespace cebm {

/// One file for each fingerprint in a folder, which may be empty: then nothing is kept.
class ClassifierCache {
 public:
  /// `fingerprint`: all that the weights are a function of, as text.
  ClassifierCache(const std::filesystem::path& folder, std::string fingerprint);

  /// Null unless a file of this fingerprint is there and whole.
  std::shared_ptr<Classifier> load(ImageShape image, std::int64_t classes) const;
  /// Best effort: where the file cannot be written there is none.
  void store(const Classifier& classifier) const;

 private:
  std::filesystem::path file_;
  std::string fingerprint_;
};

/// What the weights of train_classifier(data, classes, training) are a function of: the library's version, the
/// training, and checksums of pixels and labels.
std::string fingerprint(const Dataset& data, std::int64_t classes, const ClassifierTraining& training);

}  // namespace cebm
