/// Open files of the system. Internal to src.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace cebm {

/// A file descriptor that is closed when it goes out of scope.
class Descriptor {
 public:
  /// open(2) with O_CLOEXEC; look at is_open(), then at errno.
  Descriptor(const std::filesystem::path& path, int flags);
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }
  bool close();

 private:
  int fd_;
};

/// Throws IoError "<file>: <what>: <the system's reason>".
[[noreturn]] void throw_io_error(const std::filesystem::path& file, const std::string& what, int error);

/// Appends all bytes; `file` stands in the IoError when that fails.
void write_all(const Descriptor& output, std::string_view bytes, const std::filesystem::path& file);

/// Whether a system call failed with `error` because the file system does not offer it, as many that are mounted over a
/// network do not offer flushing, locks or links.
bool is_unsupported(int error);

/// fsync; true also where the file system does not offer it. Otherwise errno says why not.
bool flush(const Descriptor& file);

/// Makes renames in the folder of `file` durable. Throws IoError.
void sync_folder_of(const std::filesystem::path& file);

/// The folder that a file is in, "." where its path names none.
std::filesystem::path folder_of(const std::filesystem::path& file);

}  // namespace cebm
