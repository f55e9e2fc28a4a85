#include <cebm/errors.h>
#include <cebm/files.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace cebm {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const fs::path& file, const std::string& what, int error) {
  throw IoError(file.string() + ": " + what + ": " + std::generic_category().message(error));
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }
  bool close() { return fd_ < 0 || ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path("."); }

/// A file under a temporary name that disappears unless it is published.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& target)
      : target_(target),
        path_(folder_of(target) /
              (std::string(".") + target.filename().string() + "." + std::to_string(::getpid()) + ".tmp")),
        file_(path_, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW) {
    if (!file_.is_open()) fail(target_, "cannot be created", errno);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!published_) ::unlink(path_.c_str());
  }

  void append(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail(target_, "cannot be written", errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void publish() {
    if (::fsync(file_.get()) != 0 || !file_.close()) fail(target_, "cannot be written", errno);
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail(target_, "cannot be put in place", errno);
    published_ = true;
    sync_folder();
  }

 private:
  void sync_folder() const {
    const Descriptor folder(folder_of(target_), O_RDONLY | O_DIRECTORY);
    // Some file systems refuse to flush a folder; their renames are as durable as they will get.
    if (folder.is_open() && ::fsync(folder.get()) != 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS)
      fail(target_, "its folder cannot be flushed", errno);
  }

  fs::path target_;
  fs::path path_;
  Descriptor file_;
  bool published_ = false;
};

}  // namespace

void write_file_atomically(const fs::path& file, const std::function<void(const Append&)>& produce) {
  if (!file.has_filename()) throw IoError("'" + file.string() + "' does not name a file");
  std::error_code ignored;
  const fs::file_status status = fs::status(file, ignored);
  // A rename would silently put a file in the place of /dev/null or of a pipe.
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw IoError(file.string() + ": cannot be written: it exists and is not a regular file");
  TemporaryFile temporary(file);
  produce([&](std::string_view bytes) { temporary.append(bytes); });
  temporary.publish();
}

void write_file_atomically(const fs::path& file, std::string_view content) {
  write_file_atomically(file, [&](const Append& append) { append(content); });
}

std::string read_file(const fs::path& file, std::uintmax_t limit) {
  const Descriptor input(file, O_RDONLY);
  if (!input.is_open()) fail(file, "cannot be opened", errno);
  struct stat info {};
  if (::fstat(input.get(), &info) != 0) fail(file, "cannot be read", errno);
  std::string content;
  if (S_ISREG(info.st_mode)) content.reserve(std::min<std::uintmax_t>(limit, info.st_size));
  std::string block(std::size_t{1} << 16, '\0');
  while (true) {
    const ssize_t count = ::read(input.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(file, "cannot be read", errno);
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
  const fs::path probe = directory / (".writable." + std::to_string(::getpid()));
  try {
    write_file_atomically(probe, "x");
  } catch (const IoError& cause) {
    throw IoError(directory.string() + ": the folder cannot be written to (" + cause.what() + ")");
  }
  fs::remove(probe, error);
}

}  // namespace cebm
