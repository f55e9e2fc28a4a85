/// Folders that come and go whole. `seal` names the file in a folder without which it does not count as whole. It
/// matters on file systems that cannot rename a folder (overlays, object stores): there the files go one by one, this
/// one last. Internal to src.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace cebm {

/// A folder beside `target` that becomes `target` when published and disappears otherwise.
class NewFolder {
 public:
  NewFolder(const std::filesystem::path& target, std::string_view seal);
  ~NewFolder();
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Gives it the target's name, replacing a folder of that name, and flushes. Throws IoError.
  void publish();

 private:
  std::filesystem::path target_;
  std::filesystem::path path_;
  std::string seal_;
};

/// Removes `folder` so that it never stands half-empty and sealed under its name. Throws IoError.
void remove_folder(const std::filesystem::path& folder, std::string_view seal);

/// Gives `from` the name `to`, which is free; file by file where the file system does not rename folders.
void rename_folder(const std::filesystem::path& from, const std::filesystem::path& to, std::string_view seal,
                   std::error_code& error);
/// The same. Throws IoError.
void rename_folder(const std::filesystem::path& from, const std::filesystem::path& to, std::string_view seal);

}  // namespace cebm
