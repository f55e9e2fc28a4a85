/// One process at a time. Internal to src/fetch.
#pragma once

#include <filesystem>
#include <functional>

#include "base/lock_file.h"

namespace cebm {

/// A lock on <folder>/.lock that ends with this object, or with the process however it ends. The folder is made where
/// it does not exist, and removed again if the one who held the lock has left nothing in it.
class FolderLock {
 public:
  /// Waits for the lock, calling `on_wait` once if it has to. Throws IoError where it cannot be had at all.
  FolderLock(const std::filesystem::path& folder, const std::function<void()>& on_wait,
             const std::function<bool()>& should_stop);

  bool held() const { return file_.held(); }  ///< false if should_stop ended the waiting
  bool excludes_others() const { return file_.excludes_others(); }
  bool waited() const { return waited_; }  ///< another process had it before

 private:
  LockFile file_;
  bool waited_ = false;
};

}  // namespace cebm
