// Finding the training and the test pictures of a folder.
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
  std::vector<std::string> warnings;                    ///< decisions about ambiguous folders

  /// The folder of a split. Throws DataError if the folder is divided and this split is missing.
  const std::filesystem::path& at(const std::string& split) const;
};

/// Finds the splits of `folder`. It is divided if its subfolders with pictures are named as splits: train and test as
/// in split_names.h; a validation split is used as the test split if there is none. Descends through repeated names
/// (train/train) and through a single folder around all splits. Beside other folders with pictures, train and test are
/// splits if train has subfolders of classes, at least one shared with test if that has any too; a lone 'train' without
/// such subfolders beside 'bus' and 'plane' is a class. Throws DataError with the reason if neither is clear, or two
/// folders could be the same split.
SplitFolders find_splits(const std::filesystem::path& folder);

}  // namespace cebm
