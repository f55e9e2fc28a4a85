// Names of folders that contain a split word: train, Testing, val, seg_train, validation-set, train2017.
#pragma once

#include <optional>
#include <string>

namespace cebm {

enum class SplitRole { train, test, validation };

struct SplitName {
  SplitRole role;
  /// The name in lower case with '*' for the split word, the same for all splits of a set: "seg_*" for seg_train and
  /// seg_test, "*" for train and Test.
  std::string pattern;
  bool operator==(const SplitName&) const = default;
};

/// Returns nothing for a name with no split word, or more than one.
std::optional<SplitName> split_name(const std::string& name);

}  // namespace cebm
