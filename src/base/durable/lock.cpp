#include "base/durable/lock.h"

#include <cebm/errors.h>
#include <cebm/files.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace cebm {

namespace fs = std::filesystem;

namespace {

constexpr int kTries = 4;  ///< holders may end, and take file and folder with them, while the file is opened here

bool is_still_named(const Descriptor& file, const fs::path& path) {
  struct stat mine {};
  struct stat named {};
  return ::fstat(file.get(), &mine) == 0 && ::stat(path.c_str(), &named) == 0 && mine.st_ino == named.st_ino &&
         mine.st_dev == named.st_dev;
}

std::string this_process() {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return std::to_string(::getpid()) + " on " + host;
}

}  // namespace

std::optional<Lock> Lock::take(const fs::path& path) {
  bool made_folder = false;
  for (int i = 1; i <= kTries; ++i) {
    std::error_code error;
    made_folder |= fs::create_directories(folder_of(path), error);
    Descriptor file(path, O_RDWR | O_CREAT | O_NOFOLLOW);
    if (!file.is_open() && errno == ENOENT && (!error || i < kTries)) continue;
    if (!file.is_open() && error) throw_io_error(folder_of(path), "the folder cannot be made", error.value());
    if (!file.is_open()) throw_io_error(path, "cannot be opened", errno);
    const bool excludes_others = ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
    if (!excludes_others && errno == EWOULDBLOCK) return std::nullopt;
    if (!excludes_others && errno == EINTR) continue;
    if (!excludes_others && !is_unsupported(errno)) throw_io_error(path, "cannot be locked", errno);
    if (is_still_named(file, path)) return Lock(path, std::move(file), made_folder, excludes_others);
  }
  return std::nullopt;
}

Lock::Lock(fs::path path, Descriptor file, bool made_folder, bool excludes_others)
    : path_(std::move(path)), file_(std::move(file)), made_folder_(made_folder), excludes_others_(excludes_others) {
  const std::string text = this_process() + "\n";
  // On a full disk this may fail: the lock is then held without naming its holder.
  if (::ftruncate(file_.get(), 0) != 0 || ::write(file_.get(), text.data(), text.size()) < 0) return;
}

Lock::~Lock() {
  if (!file_.is_open()) return;  // moved from
  ::unlink(path_.c_str());
  if (made_folder_) ::rmdir(folder_of(path_).c_str());  // fails, as intended, if the folder is not empty
}

std::string holder_of(const fs::path& lock) {
  std::string name;
  try {
    name = read_file(lock, 512);
    name.resize(std::min(name.find('\n'), name.size()));
  } catch (const IoError&) {
    // Removed meanwhile, or not readable by this user.
  }
  return name.empty() ? "another process" : "another process (" + name + ")";
}

}  // namespace cebm
