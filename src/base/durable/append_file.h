/// Lines appended to a file, each whole or not at all. Internal to src.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "base/descriptor.h"

namespace cebm {

class AppendFile {
 public:
  /// A file that is to begin with `content`. Nothing is written before the first append() or sync(), which starts the
  /// file anew, in one rename.
  AppendFile(std::filesystem::path path, std::string content) : path_(std::move(path)), pending_(std::move(content)) {}

  /// Appends the line; it has left the process when this returns. Throws IoError: then the file is as it was, or still
  /// the older one, and what was to be written waits in memory for the next call.
  void append(const std::string& line);
  /// Writes what waits, and makes all of the file durable. Throws IoError.
  void sync();

 private:
  void write_pending();

  std::filesystem::path path_;
  std::optional<Descriptor> file_;  ///< none before the file has been started
  std::uintmax_t size_ = 0;         ///< of the whole lines
  std::string pending_;
};

}  // namespace cebm
