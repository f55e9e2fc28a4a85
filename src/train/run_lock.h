// One training at a time in a run directory.
#pragma once

#include <filesystem>

#include "base/lock_file.h"

namespace cebm {

/// Holds <directory>/.lock. A process that dies, however it dies, leaves the directory free.
class RunLock {
 public:
  /// Removes what earlier processes left unfinished in the directory; a checkpoint that was about to be replaced is put
  /// back. Throws IoError that names the other process if the directory is in use.
  explicit RunLock(const std::filesystem::path& directory);

  /// False on a file system without locks: then nothing keeps a second training out.
  bool excludes_others() const { return file_.excludes_others(); }

 private:
  LockFile file_;
};

}  // namespace cebm
