/// Folders that appear and disappear as a whole. `seal` names a file in the folder; without it the folder counts as
/// incomplete. This matters on file systems that cannot rename a folder (overlays, object stores): there files are
/// moved one by one, the seal last, and a folder loses its seal before it is removed. Internal to src.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace cebm {

/// A folder beside `target` that becomes `target` when published and disappears otherwise.
class NewFolder {
 public:
  /// `target` may end in a slash; folders above it that are missing are made. Throws IoError if the folder cannot be
  /// made.
  NewFolder(const std::filesystem::path& target, std::string_view seal);
  ~NewFolder();
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Renames the folder to the target, replacing an existing folder, and makes the rename durable. Throws IoError.
  void publish();

 private:
  std::filesystem::path target_;
  std::filesystem::path path_;
  std::string seal_;
};

/// Removes `folder`. A partly removed folder never has its seal under this name. Throws IoError.
void remove_folder(const std::filesystem::path& folder, std::string_view seal);

/// Renames `from` to `to`, which must not exist; moves file by file if the file system cannot rename folders.
void rename_folder(const std::filesystem::path& from, const std::filesystem::path& to, std::string_view seal,
                   std::error_code& error);
/// As above, but throws IoError.
void rename_folder(const std::filesystem::path& from, const std::filesystem::path& to, std::string_view seal);

}  // namespace cebm
