// Names of folders that say which split they hold: train, Testing, val, seg_train, validation-set, train2017.
#pragma once

#include <optional>
#include <string>

namespace cebm {

enum class SplitRole { train, test, validation };

struct SplitName {
  SplitRole role;
  /// The name in lower case with '*' for the word that says the split. The splits of a set have it in common:
  /// "seg_*" for seg_train and seg_test, "*" for train and Test.
  std::string pattern;
  bool operator==(const SplitName&) const = default;
};

/// Nothing for a name in which no word, or more than one, says a split.
std::optional<SplitName> split_name(const std::string& name);

}  // namespace cebm
