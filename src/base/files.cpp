#include <cebm/errors.h>
#include <cebm/files.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/descriptor.h"
#include "base/durable/new_file.h"
#include "base/durable/unfinished.h"

namespace cebm {

namespace fs = std::filesystem;

void write_file_atomically(const fs::path& file, const std::function<void(const Append&)>& produce) {
  NewFile fresh(file, IfUnfinished::remove);
  produce([&](std::string_view bytes) { fresh.append(bytes); });
  fresh.publish();
}

void write_file_atomically(const fs::path& file, std::string_view content) {
  write_file_atomically(file, [&](const Append& append) { append(content); });
}

std::string read_file(const fs::path& file, std::uintmax_t limit) {
  const Descriptor input(file, O_RDONLY);
  if (!input.is_open()) throw_io_error(file, "cannot be opened", errno);
  struct stat info {};
  if (::fstat(input.get(), &info) != 0) throw_io_error(file, "cannot be read", errno);
  std::string content;
  if (S_ISREG(info.st_mode)) content.reserve(std::min<std::uintmax_t>(limit, info.st_size));
  std::string block(std::size_t{1} << 16, '\0');
  while (true) {
    const ssize_t count = ::read(input.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_io_error(file, "cannot be read", errno);
    if (count == 0) return content;
    if (content.size() + static_cast<std::size_t>(count) > limit)
      throw IoError(file.string() + ": larger than the " + std::to_string(limit) + " bytes expected at most");
    content.append(block.data(), static_cast<std::size_t>(count));
  }
}

void require_writable_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) throw IoError(directory.string() + ": the folder cannot be made: " + error.message());
  const fs::path probe = unfinished_name(directory / "writable");  // a name that is cleaned up after a crash
  try {
    write_file_atomically(probe, "x");
  } catch (const IoError& cause) {
    throw IoError(directory.string() + ": the folder cannot be written to (" + cause.what() + ")");
  }
  fs::remove(probe, error);
}

}  // namespace cebm
