#include "base/durable/append_file.h"

#include <cebm/errors.h>
#include <cebm/files.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace cebm {

void AppendFile::append(const std::string& line) {
  pending_ += line;
  write_pending();
}

void AppendFile::write_pending() {
  if (file_) {
    try {
      write_all(*file_, pending_, path_);
    } catch (const IoError&) {
      // Cut off a partial line: the next one would be appended to it.
      if (::ftruncate(file_->get(), static_cast<off_t>(size_)) != 0) throw_io_error(path_, "cannot be cut", errno);
      throw;
    }
  } else {
    write_file_atomically(path_, pending_);
    Descriptor started(path_, O_WRONLY | O_APPEND);
    if (!started.is_open()) throw_io_error(path_, "cannot be opened for appending", errno);
    file_.emplace(std::move(started));
  }
  size_ += pending_.size();
  pending_.clear();
}

void AppendFile::sync() {
  write_pending();
  if (!flush(*file_)) throw_io_error(path_, "cannot be flushed", errno);
}

}  // namespace cebm
