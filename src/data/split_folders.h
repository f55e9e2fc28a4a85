// Where the training and the test pictures of a folder lie.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace cebm {

/// A folder of pictures with its splits.
struct SplitFolders {
  std::filesystem::path folder;                         ///< that the splits, or the classes, lie in
  std::map<std::string, std::filesystem::path> splits;  ///< folders of train and test; empty if it is not divided
  std::vector<std::string> warnings;                    ///< what was decided about folders that can be read in two ways

  /// The folder of a split. Throws DataError if the folder is divided and this split is not there.
  const std::filesystem::path& at(const std::string& split) const;
};

/// A folder is divided if its subfolders with pictures are named as splits: train and test in the ways of
/// split_names.h; a validation split takes the place of a test split where there is none. Folders that say the same
/// split twice (train/train) and one folder around all splits are gone through. Beside other folders with pictures, one
/// that is named as a split is a class: 'train' beside 'bus' and 'plane'. Throws DataError where that is not clear, or
/// two folders could be the same split; it says why.
SplitFolders find_splits(const std::filesystem::path& folder);

}  // namespace cebm
