/// Mutual exclusion of processes. Internal to src.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/descriptor.h"
#include "base/durable/unfinished.h"

namespace cebm {

/// An flock on a file, held by one process at a time: the system releases it when the process ends, for any reason.
/// The lock is held for the lifetime of this object; the file names the holder.
class Lock {
 public:
  /// Creates folder and file if missing. Returns nothing while another process has the lock. Throws IoError if the file
  /// cannot be created. On a file system without locks every process gets it: see excludes_others().
  static std::optional<Lock> take(const std::filesystem::path& file);
  /// Removes the file, and the folder if take() has made it and nothing else is in it.
  ~Lock();
  Lock(Lock&&) noexcept = default;

  /// Whether no other process can hold the lock at the same time: false on a file system without locks.
  bool excludes_others() const { return excludes_others_; }
  /// Whose leftover files the holder may remove.
  Leftovers leftovers() const { return excludes_others_ ? Leftovers::of_anyone : Leftovers::of_ended_processes; }

 private:
  Lock(std::filesystem::path path, Descriptor file, bool made_folder, bool excludes_others);

  std::filesystem::path path_;
  Descriptor file_;
  bool made_folder_;
  bool excludes_others_;
};

/// "another process (<process id> on <host>)", for messages; without the brackets where the holder left no name.
std::string holder_of(const std::filesystem::path& lock);

}  // namespace cebm
