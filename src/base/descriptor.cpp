#include "base/descriptor.h"

#include <cebm/errors.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace cebm {

namespace fs = std::filesystem;

Descriptor::Descriptor(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}

bool Descriptor::close() { return fd_ < 0 || ::close(std::exchange(fd_, -1)) == 0; }

void throw_io_error(const fs::path& file, const std::string& what, int error) {
  throw IoError(file.string() + ": " + what + ": " + std::generic_category().message(error));
}

void write_all(const Descriptor& output, std::string_view bytes, const fs::path& file) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(output.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_io_error(file, "cannot be written", errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path("."); }

bool is_unsupported(int error) {
  return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP || error == ENOLCK || error == ENOTTY;
}

bool flush(const Descriptor& file) { return ::fsync(file.get()) == 0 || is_unsupported(errno); }

void sync_folder_of(const fs::path& file) {
  const Descriptor folder(folder_of(file), O_RDONLY | O_DIRECTORY);
  // Many file systems cannot flush a folder and report various errors; nothing more can be done there. Only the errors
  // below mean that data was lost.
  if (folder.is_open() && ::fsync(folder.get()) != 0 && (errno == EIO || errno == ENOSPC || errno == EDQUOT))
    throw_io_error(file, "its folder cannot be flushed", errno);
}

}  // namespace cebm
