// What lies in a folder of pictures.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace cebm {

/// Pictures and other regular files. Clutter (picture_names.h) is passed over; links are followed.
struct FolderFiles {
  std::vector<std::filesystem::path> pictures;
  std::vector<std::filesystem::path> others;  ///< not read, by their names
};

/// Entries of one folder, sorted by the bytes of their names.
struct FolderEntries : FolderFiles {
  std::vector<std::filesystem::path> folders;
};

/// Throws DataError if the folder cannot be read, as all functions here do.
FolderEntries entries_of(const std::filesystem::path& folder);

/// The files in `folder` and below it, in no particular order. Links are not followed to a folder that they lie in.
FolderFiles files_below(const std::filesystem::path& folder);

/// Whether a picture lies in the folder itself. Looks no further than the first.
bool has_pictures(const std::filesystem::path& folder);

/// Names of the subfolders with a picture somewhere below them, of a format that is read or not; sorted by their bytes.
std::vector<std::string> folders_with_pictures(const std::filesystem::path& folder);

}  // namespace cebm
