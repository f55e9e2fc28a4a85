/// Lines appended to a file, each whole or not at all. Internal to src.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/descriptor.h"

namespace cebm {

class AppendFile {
 public:
  /// Starts the file anew with `content`, in one rename. Throws IoError; then an older file stays as it was.
  AppendFile(std::filesystem::path path, const std::string& content);

  /// Appends the line; it has left the process when this returns. Throws IoError: then the file is as it was, and the
  /// line waits in memory for the next call.
  void append(const std::string& line);
  /// Writes what waits, and makes all of the file durable. Throws IoError.
  void sync();

 private:
  void write_pending();

  std::filesystem::path path_;
  Descriptor file_;
  std::uintmax_t size_;  ///< of the whole lines
  std::string pending_;
};

}  // namespace cebm
