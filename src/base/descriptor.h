/// File descriptors. Internal to src.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace cebm {

/// A file descriptor that is closed when it goes out of scope.
class Descriptor {
 public:
  /// Calls open(2) with O_CLOEXEC. If is_open() is false, errno has the reason.
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

/// Writes all bytes. Throws IoError naming `file`.
void write_all(const Descriptor& output, std::string_view bytes, const std::filesystem::path& file);

/// Whether `error` means that the file system does not support the system call. Many network file systems do not
/// support flushing, locks or links.
bool is_unsupported(int error);

/// Calls fsync. Returns true also if the file system does not support it; if false, errno has the reason.
bool flush(const Descriptor& file);

/// Makes renames in the folder of `file` durable. Throws IoError.
void sync_folder_of(const std::filesystem::path& file);

/// The folder that a file is in, "." where its path names none.
std::filesystem::path folder_of(const std::filesystem::path& file);

}  // namespace cebm
