// Listing a folder of pictures.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace cebm {

/// Pictures and other regular files. Clutter (picture_names.h) is skipped; links are followed.
struct FolderFiles {
  std::vector<std::filesystem::path> pictures;
  std::vector<std::filesystem::path> others;  ///< with names of files that are not read
};

/// Entries of one folder, sorted by the bytes of their names.
struct FolderEntries : FolderFiles {
  std::vector<std::filesystem::path> folders;
};

/// Throws DataError if the folder cannot be read, as all functions here do.
FolderEntries entries_of(const std::filesystem::path& folder);

/// The files in `folder` and below it, in no particular order. A link to a folder that contains it is not followed.
FolderFiles files_below(const std::filesystem::path& folder);

/// Whether a picture lies in the folder itself. Stops at the first picture.
bool has_pictures(const std::filesystem::path& folder);

/// Names of the subfolders with a picture (in a supported format or not) somewhere below them, sorted by their bytes.
std::vector<std::string> folders_with_pictures(const std::filesystem::path& folder);

}  // namespace cebm
