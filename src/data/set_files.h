// Looking for the files of a set.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace cebm {

/// The files that a split of a set is made of.
struct SetFiles {
  std::string set;
  /// One entry a file: the names it may have (find_file in files.h). Messages show the first.
  std::vector<std::vector<std::string>> names;
  std::vector<std::string> subfolders = {""};  ///< of each folder, tried in this order
  std::string how_to_get;                      ///< what a user does when the set is missing
};

/// Paths of all files in the first of `folders` (and its subfolders) that holds every one of them.
/// Throws DataError that lists what was looked for, where, what was missing there, and how to get it.
std::vector<std::filesystem::path> find_set_files(const SetFiles& wanted,
                                                  const std::vector<std::filesystem::path>& folders);

/// Throws ConfigError unless `split` is one of `splits`.
void require_split(const std::string& set, const std::string& split, const std::vector<std::string>& splits);

}  // namespace cebm
