/// Folders that come and go whole: everything unfinished has a hidden name that carries the writer's process id.
/// Internal to src.
#pragma once

#include <filesystem>
#include <string>

#include "base/unfinished_files.h"

namespace cebm {

/// A folder .<name>.tmp-<pid> beside `target` that becomes `target` when published and disappears otherwise.
/// `seal` names the file in it without which it does not count as whole. It matters on file systems that cannot rename
/// a folder (overlays, object stores): there the files go one by one, this one last.
class ScratchFolder {
 public:
  ScratchFolder(const std::filesystem::path& target, std::string_view seal);
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Gives it the target's name, replacing a folder of that name, and flushes. Throws IoError.
  void publish();

  /// Removes `folder` so that it never stands half-empty and sealed under its name. Throws IoError.
  static void remove(const std::filesystem::path& folder, std::string_view seal);
  /// Gives `from` the name `to`, which is free. Throws IoError.
  static void move(const std::filesystem::path& from, const std::filesystem::path& to, std::string_view seal);

  /// Removes what other processes left in `directory`; a replaced folder whose successor never came is put back.
  static void clean_up(const std::filesystem::path& directory, Leftovers whose);

 private:
  std::filesystem::path target_;
  std::filesystem::path path_;
  std::string seal_;
};

}  // namespace cebm
