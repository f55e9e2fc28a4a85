#include "base/lock_file.h"

#include <cebm/errors.h>
#include <cebm/files.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <system_error>

namespace cebm {

LockFile::~LockFile() {
  if (!held_) return;
  ::unlink(path_.c_str());
  ::rmdir(folder_of(path_).c_str());  // fails, as it should, where there is anything in it
}

bool LockFile::try_lock() {
  std::error_code error;
  std::filesystem::create_directories(folder_of(path_), error);
  if (error) throw_io_error(folder_of(path_), "the folder cannot be made", error.value());
  file_.emplace(path_, O_RDWR | O_CREAT | O_NOFOLLOW);
  if (!file_->is_open() && errno == ENOENT) return false;  // its last owner has just removed the folder
  if (!file_->is_open()) throw_io_error(path_, "cannot be opened", errno);
  excludes_others_ = ::flock(file_->get(), LOCK_EX | LOCK_NB) == 0;
  if (!excludes_others_) {
    if (errno == EWOULDBLOCK || errno == EINTR) return false;
    if (!is_unsupported(errno)) throw_io_error(path_, "cannot be locked", errno);
  }
  // The one who had it may have removed the file after it was opened here: then the lock is on nothing.
  struct stat mine {};
  struct stat named {};
  held_ = ::fstat(file_->get(), &mine) == 0 && ::stat(path_.c_str(), &named) == 0 && mine.st_ino == named.st_ino &&
          mine.st_dev == named.st_dev;
  return held_;
}

void LockFile::sign() const {
  const std::string text = std::to_string(::getpid()) + "\n";
  // A full disk may refuse the few bytes: then the lock holds all the same, without a name.
  if (::ftruncate(file_->get(), 0) != 0 || ::write(file_->get(), text.data(), text.size()) < 0) return;
}

std::optional<int> LockFile::holder() const {
  try {
    const std::string text = read_file(path_, 64);
    int process = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), process);
    if (error == std::errc() && process > 0) return process;
  } catch (const IoError&) {
    // Gone meanwhile, or not for us to read.
  }
  return std::nullopt;
}

}  // namespace cebm
