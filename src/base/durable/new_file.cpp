#include "base/durable/new_file.h"

#include <cebm/errors.h>
#include <cebm/files.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/durable/unfinished.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

/// Returns `target` if a file may be written there, else throws. Checked before anything is written or fetched: the
/// final rename would silently replace /dev/null or a pipe.
const fs::path& free_place(const fs::path& target) {
  if (!target.has_filename()) throw IoError("'" + target.string() + "' does not name a file");
  std::error_code ignored;
  const fs::file_status status = fs::status(target, ignored);
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw IoError(target.string() + ": cannot be written: it exists and is not a regular file");
  return target;
}

}  // namespace

NewFile::NewFile(const fs::path& target, IfUnfinished then)
    : target_(free_place(target)),
      then_(then),
      path_(then == IfUnfinished::keep ? part_name(target) : unfinished_name(target)),
      file_(path_,
            O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | (then == IfUnfinished::keep ? 0 : O_TRUNC)) {
  if (!file_.is_open()) throw_io_error(shown(), "cannot be opened for writing", errno);
  look_at_size();
}

NewFile::~NewFile() {
  if (!published_ && (then_ == IfUnfinished::remove || size_ == 0)) ::unlink(path_.c_str());
}

void NewFile::look_at_size() {
  struct stat info {};
  if (::fstat(file_.get(), &info) != 0) throw_io_error(shown(), "cannot be read", errno);
  if (!S_ISREG(info.st_mode)) throw IoError(shown().string() + ": cannot be written: it is not a regular file");
  size_ = static_cast<std::uint64_t>(info.st_size);
}

void NewFile::append(std::string_view bytes) {
  try {
    write_all(file_, bytes, shown());
  } catch (const IoError&) {
    look_at_size();  // a write that fails half-way may have added bytes
    throw;
  }
  size_ += bytes.size();
}

void NewFile::restart() {
  if (::ftruncate(file_.get(), 0) != 0) throw_io_error(shown(), "cannot be emptied", errno);
  size_ = 0;
}

void NewFile::publish() {
  if (!flush(file_) || !file_.close()) throw_io_error(shown(), "cannot be written", errno);
  if (::rename(path_.c_str(), target_.c_str()) != 0) throw_io_error(target_, "cannot be put in place", errno);
  published_ = true;
  sync_folder_of(target_);
}

void write_if_other(const fs::path& file, std::string_view content) {
  std::error_code ignored;
  if (fs::file_size(file, ignored) == content.size() && read_file(file) == content) return;
  write_file_atomically(file, content);
}

}  // namespace cebm
