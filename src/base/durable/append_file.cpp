#include "base/durable/append_file.h"

#include <cebm/errors.h>
#include <cebm/files.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace cebm {

namespace {

std::filesystem::path started(std::filesystem::path path, const std::string& content) {
  write_file_atomically(path, content);
  return path;
}

}  // namespace

AppendFile::AppendFile(std::filesystem::path path, const std::string& content)
    : path_(started(std::move(path), content)), file_(path_, O_WRONLY | O_APPEND), size_(content.size()) {
  if (!file_.is_open()) throw_io_error(path_, "cannot be opened for appending", errno);
}

void AppendFile::append(const std::string& line) {
  pending_ += line;
  write_pending();
}

void AppendFile::write_pending() {
  try {
    write_all(file_, pending_, path_);
  } catch (const IoError&) {
    // Half a line must not stay: the next one would be glued to it.
    if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) throw_io_error(path_, "cannot be cut", errno);
    throw;
  }
  size_ += pending_.size();
  pending_.clear();
}

void AppendFile::sync() {
  write_pending();
  if (!flush(file_)) throw_io_error(path_, "cannot be flushed", errno);
}

}  // namespace cebm
