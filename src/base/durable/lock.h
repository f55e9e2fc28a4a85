/// Mutual exclusion of processes. Internal to src.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/descriptor.h"
#include "base/durable/unfinished.h"

namespace cebm {

/// A file that one process at a time holds by flock: the system lets go of it with the process, however that ends.
/// Holding this object is holding the lock; the file says who does.
class Lock {
 public:
  /// Makes folder and file where there are none; nothing while another process has the lock. Throws IoError where the
  /// file cannot be made. On a file system without locks everyone gets it: see excludes_others().
  static std::optional<Lock> take(const std::filesystem::path& file);
  /// Removes the file, and its folder if nothing else is in it.
  ~Lock();
  Lock(Lock&&) noexcept = default;

  /// Whether holding it keeps other processes from holding it: false on a file system without locks.
  bool excludes_others() const { return excludes_others_; }
  /// Whose unfinished things the holder may remove.
  Leftovers leftovers() const { return excludes_others_ ? Leftovers::of_anyone : Leftovers::of_ended_processes; }

 private:
  Lock(std::filesystem::path path, Descriptor file, bool excludes_others);

  std::filesystem::path path_;
  Descriptor file_;
  bool excludes_others_;
};

/// "another process (<process id> on <host>)", for messages; without the brackets where the holder left no name.
std::string holder_of(const std::filesystem::path& lock);

}  // namespace cebm
