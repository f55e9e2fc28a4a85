/// Appending lines to a file, each completely or not at all. Internal to src.
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
  /// A file that begins with `content`. Nothing is written before the first append() or sync(), which replaces an older
  /// file in one rename.
  AppendFile(std::filesystem::path path, std::string content) : path_(std::move(path)), pending_(std::move(content)) {}

  /// Appends the line and passes it to the operating system. Throws IoError; then the file is unchanged, or still the
  /// older one, and the pending text stays in memory for the next call.
  void append(const std::string& line);
  /// Writes the pending text and makes the whole file durable. Throws IoError.
  void sync();

 private:
  void write_pending();

  std::filesystem::path path_;
  std::optional<Descriptor> file_;  ///< none before the file has been started
  std::uintmax_t size_ = 0;         ///< without a partial line
  std::string pending_;
};

}  // namespace cebm
