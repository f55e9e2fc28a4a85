#include "fetch/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

namespace cebm {

FolderLock::FolderLock(const std::filesystem::path& folder, const std::function<void()>& on_wait,
                       const std::function<bool()>& should_stop)
    : path_(folder / ".lock") {
  while (!(held_ = try_lock())) {
    if (should_stop && should_stop()) return;
    if (!waited_ && on_wait) on_wait();
    waited_ = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

FolderLock::~FolderLock() {
  if (!held_) return;
  ::unlink(path_.c_str());
  ::rmdir(path_.parent_path().c_str());  // fails, as it should, where there is anything in it
}

bool FolderLock::try_lock() {
  std::error_code error;
  std::filesystem::create_directories(path_.parent_path(), error);
  if (error) throw_io_error(path_.parent_path(), "the folder cannot be made", error.value());
  file_.emplace(path_, O_RDWR | O_CREAT | O_NOFOLLOW);
  if (!file_->is_open() && errno == ENOENT) return false;  // its last owner has just removed the folder
  if (!file_->is_open()) throw_io_error(path_, "cannot be opened", errno);
  if (::flock(file_->get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK || errno == EINTR) return false;
    throw_io_error(path_, "cannot be locked", errno);
  }
  // The one who had it may have removed the file after it was opened here: then the lock is on nothing.
  struct stat mine {};
  struct stat named {};
  return ::fstat(file_->get(), &mine) == 0 && ::stat(path_.c_str(), &named) == 0 && mine.st_ino == named.st_ino &&
         mine.st_dev == named.st_dev;
}

}  // namespace cebm
