#include "data/split_folders.h"

#include <cebm/errors.h>

#include <algorithm>
#include <optional>

#include "data/folder_entries.h"
#include "data/picture_folder.h"
#include "data/split_names.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

/// Limit on the nested wrapper folders to descend through; a link may make them endless.
constexpr int kMostAround = 8;
constexpr const char* kBare = "*";

std::string names_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// Subfolders with pictures, sorted by their names into splits and others.
struct Folders {
  std::map<SplitRole, std::vector<std::string>> of_splits;
  std::vector<std::string> others;

  bool has(SplitRole role) const { return of_splits.contains(role); }
  /// Whether there are both a training split and a test or validation split.
  bool is_complete() const { return has(SplitRole::train) && (has(SplitRole::test) || has(SplitRole::validation)); }
  std::vector<std::string> names_of_splits() const {
    std::vector<std::string> names;
    for (const auto& [role, of_role] : of_splits) names.insert(names.end(), of_role.begin(), of_role.end());
    return names;
  }
};

/// Sorts the names: those that `is_split` accepts are splits.
template <class Predicate>
Folders sorted_out(const std::vector<std::string>& names, const Predicate& is_split) {
  Folders folders;
  for (const std::string& name : names) {
    const auto split = split_name(name);
    if (split && is_split(*split)) {
      folders.of_splits[split->role].push_back(name);
    } else {
      folders.others.push_back(name);
    }
  }
  return folders;
}

/// The splits among these folders: the names train, test, ... if they are complete; else a complete set that differs
/// only in the split word (seg_train, seg_test); else all names if they make a complete set without others; else the
/// incomplete train, test, ...
Folders folders_of(const std::vector<std::string>& names) {
  const auto with_pattern = [&](const std::string& pattern) {
    return sorted_out(names, [&](const SplitName& split) { return split.pattern == pattern; });
  };
  const Folders bare = with_pattern(kBare);
  if (bare.is_complete()) return bare;
  for (const std::string& name : names) {
    const auto split = split_name(name);
    if (!split) continue;
    if (Folders like = with_pattern(split->pattern); like.is_complete()) return like;
  }
  Folders any = sorted_out(names, [](const SplitName&) { return true; });
  return any.is_complete() && any.others.empty() ? any : bare;
}

/// The folder that holds the splits: `folder`, or one below it that is reached through single subfolders.
fs::path inside_wrappers(fs::path folder, std::vector<std::string>& warnings) {
  const fs::path given = folder;
  fs::path inner = folder;
  for (int i = 0; i < kMostAround; ++i) {
    const auto names = class_names(inner);
    if (names.size() != 1) break;
    inner /= names.front();
    if (folders_of(class_names(inner)).is_complete()) {
      folder = inner;
      break;
    }
  }
  if (folder != given) warnings.push_back(given.string() + ": its splits are read from " + folder.string());
  return folder;
}

/// For train/train, the inner folder if it is the only one with pictures in the outer one.
fs::path inside_repetitions(fs::path folder, std::vector<std::string>& warnings) {
  const auto outer = split_name(folder.filename().string());
  const fs::path given = folder;
  for (int i = 0; i < kMostAround; ++i) {
    const auto names = class_names(folder);
    if (names.size() != 1 || split_name(names.front()) != outer) break;
    folder /= names.front();
  }
  if (folder != given) warnings.push_back(given.string() + ": its pictures are read from " + folder.string());
  return folder;
}

/// For folders named as splits that lie beside other folders with pictures: true if they are splits, false if they are
/// classes like the others. Throws DataError if that is ambiguous.
bool are_splits(const fs::path& folder, const Folders& folders) {
  std::vector<std::string> of_train;
  std::vector<std::string> of_test;
  for (const auto& [role, names] : folders.of_splits) {
    for (const std::string& name : names) {
      auto& classes = role == SplitRole::train ? of_train : of_test;
      const auto more = class_names(folder / name);
      classes.insert(classes.end(), more.begin(), more.end());
    }
  }
  const auto in_train = [&](const std::string& name) { return std::ranges::find(of_train, name) != of_train.end(); };
  if (folders.is_complete() && !of_train.empty() && (of_test.empty() || std::ranges::any_of(of_test, in_train))) {
    return true;
  }
  if (!folders.is_complete() && of_train.empty() && of_test.empty()) return false;
  throw DataError(folder.string() + ": expected either folders of splits or folders of classes, found " +
                  names_of(folders.names_of_splits()) + " beside " + names_of(folders.others) +
                  ", which can be read as both; rename those that are classes, or move away what is no split");
}

/// The one folder of a role, if any.
std::optional<fs::path> only(const fs::path& folder, const Folders& folders, SplitRole role) {
  const auto found = folders.of_splits.find(role);
  if (found == folders.of_splits.end()) return std::nullopt;
  if (found->second.size() > 1) {
    throw DataError(folder.string() + ": expected one folder of a split, found " + names_of(found->second) +
                    "; move away all but one");
  }
  return folder / found->second.front();
}

void divide(const Folders& folders, SplitFolders& result) {
  const fs::path& folder = result.folder;
  const auto train = only(folder, folders, SplitRole::train);
  auto test = only(folder, folders, SplitRole::test);
  std::vector<std::string> left_out = folders.others;
  if (test && folders.has(SplitRole::validation)) {
    const auto& more = folders.of_splits.at(SplitRole::validation);
    left_out.insert(left_out.end(), more.begin(), more.end());
  } else if (const auto validation = only(folder, folders, SplitRole::validation)) {
    test = validation;
    result.warnings.push_back(validation->string() + ": read as the test split, there being no other");
  }
  if (!left_out.empty()) {
    result.warnings.push_back(folder.string() +
                              ": neither the training nor the test split, left out: " + names_of(left_out));
  }
  if (train) result.splits["train"] = inside_repetitions(*train, result.warnings);
  if (test) result.splits["test"] = inside_repetitions(*test, result.warnings);
}

/// Warns of classes that are named as splits or hold splits, and of a single folder around what may be the classes.
void look_at_classes(const fs::path& folder, const std::vector<std::string>& names,
                     std::vector<std::string>& warnings) {
  for (const std::string& name : names) {
    const std::string path = (folder / name).string();
    if (split_name(name)) warnings.push_back(path + ": read as a class, not as a split");
    const auto inner = class_names(path);
    if (folders_of(inner).is_complete()) {
      warnings.push_back(path + ": read as one class, with the folders in it that are named as splits (" +
                         names_of(inner) + ")");
    } else if (names.size() == 1 && inner.size() > 1) {
      warnings.push_back(path + ": read as one class; if the " + std::to_string(inner.size()) +
                         " folders in it are the classes, they lie one level too deep");
    }
  }
}

}  // namespace

const fs::path& SplitFolders::at(const std::string& split) const {
  if (splits.empty()) return folder;
  const auto found = splits.find(split);
  if (found != splits.end()) return found->second;
  throw DataError((folder / split).string() + ": expected pictures of the split " + split + ", found those of " +
                  splits.begin()->first + " alone, in " + splits.begin()->second.string());
}

SplitFolders find_splits(const fs::path& folder) {
  SplitFolders result{.folder = folder, .splits = {}, .warnings = {}};
  result.folder = inside_wrappers(folder, result.warnings);
  const auto names = folders_with_pictures(result.folder);
  const Folders folders = folders_of(names);
  const bool divided = !folders.of_splits.empty() && (folders.others.empty() || are_splits(result.folder, folders));
  if (divided) {
    divide(folders, result);
  } else {
    look_at_classes(result.folder, names, result.warnings);
  }
  for (const auto& [split, path] : result.splits) look_at_classes(path, class_names(path), result.warnings);
  return result;
}

}  // namespace cebm
