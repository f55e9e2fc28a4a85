// One training at a time in a run directory.
#pragma once

#include <filesystem>

#include "io/lock_file.h"

namespace cebm {

/// Holds <directory>/.lock. A process that dies, however it dies, leaves the directory free.
class RunLock {
 public:
  /// Throws IoError that names the other process if the directory is in use.
  explicit RunLock(const std::filesystem::path& directory);

 private:
  LockFile file_;
};

}  // namespace cebm
