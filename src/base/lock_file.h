/// Mutual exclusion of processes. Internal to src.
#pragma once

#include <filesystem>
#include <optional>

#include "base/descriptor.h"

namespace cebm {

/// A file that one process at a time holds by flock: the system lets go of it with the process, however that ends.
class LockFile {
 public:
  explicit LockFile(std::filesystem::path path) : path_(std::move(path)) {}
  /// Removes the file if it is held, and its folder if nothing else is in it.
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

  /// Makes folder and file where there are none and takes the lock; false while another process has it. Throws IoError
  /// where the file cannot be made. On a file system without locks everyone gets it: see excludes_others().
  bool try_lock();
  bool held() const { return held_; }
  /// Whether holding it keeps other processes from holding it: false on a file system without locks.
  bool excludes_others() const { return excludes_others_; }

  /// Leaves the process id in the file for holder(). Only while held.
  void sign() const;
  /// The process id that whoever holds the lock has left; nothing if none.
  std::optional<int> holder() const;

 private:
  std::filesystem::path path_;
  std::optional<Descriptor> file_;
  bool held_ = false;
  bool excludes_others_ = false;
};

}  // namespace cebm
