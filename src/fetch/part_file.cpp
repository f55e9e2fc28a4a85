#include "fetch/part_file.h"

#include <cebm/errors.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace cebm {

namespace {

/// A folder in the file's place is noticed before the file is fetched, not when it gets its name.
const std::filesystem::path& free_place(const std::filesystem::path& target) {
  std::error_code ignored;
  const auto status = std::filesystem::status(target, ignored);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    throw IoError(target.string() + ": cannot be written: it exists and is not a regular file");
  return target;
}

}  // namespace

PartFile::PartFile(const std::filesystem::path& target)
    : target_(free_place(target)),
      path_(target.string() + ".part"),
      file_(path_, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK) {
  if (!file_.is_open()) throw_io_error(path_, "cannot be opened for writing", errno);
  struct stat info {};
  if (::fstat(file_.get(), &info) != 0) throw_io_error(path_, "cannot be read", errno);
  if (!S_ISREG(info.st_mode)) throw IoError(path_.string() + ": cannot be written: it is not a regular file");
  size_ = static_cast<std::uint64_t>(info.st_size);
}

PartFile::~PartFile() {
  if (!published_ && size_ == 0) ::unlink(path_.c_str());
}

void PartFile::append(std::string_view bytes) {
  // A write that fails half-way may have added bytes: the size on disk is what counts.
  try {
    write_all(file_, bytes, path_);
  } catch (const IoError&) {
    struct stat info {};
    if (::fstat(file_.get(), &info) == 0) size_ = static_cast<std::uint64_t>(info.st_size);
    throw;
  }
  size_ += bytes.size();
}

void PartFile::restart() {
  if (::ftruncate(file_.get(), 0) != 0) throw_io_error(path_, "cannot be emptied", errno);
  size_ = 0;
}

void PartFile::publish() {
  if (!flush(file_) || !file_.close()) throw_io_error(path_, "cannot be written", errno);
  if (::rename(path_.c_str(), target_.c_str()) != 0) throw_io_error(target_, "cannot be put in place", errno);
  published_ = true;
  sync_folder_of(target_);
}

}  // namespace cebm
