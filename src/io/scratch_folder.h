/// Folders that come and go whole: everything unfinished has a hidden name that carries the writer's process id.
/// Internal to src.
#pragma once

#include <filesystem>

namespace cebm {

/// A folder .<name>.tmp-<pid> beside `target` that becomes `target` when published and disappears otherwise.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::filesystem::path& target);
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Renames to the target, replacing a folder of that name, and flushes. Throws IoError.
  void publish();

  /// Removes `folder` so that it never stands half-empty under its name.
  static void remove(const std::filesystem::path& folder);

  /// Removes what dead processes left in `directory`; a replaced folder whose successor never came is put back.
  static void clean_up(const std::filesystem::path& directory);

 private:
  std::filesystem::path target_;
  std::filesystem::path path_;
};

}  // namespace cebm
