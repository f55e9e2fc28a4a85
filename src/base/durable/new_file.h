/// Files that get their final name when they are complete. Internal to src.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/descriptor.h"

namespace cebm {

enum class IfUnfinished {
  remove,  ///< starts empty under unfinished_name(target); removed with the object
  keep     ///< part_name(target): continues the partial file of an earlier attempt, and stays unless it is empty
};

/// A file that is written beside `target` and replaces it when published. All functions throw IoError.
class NewFile {
 public:
  /// Throws if `target` exists and is not a regular file (a folder, a device): such a target is never replaced.
  NewFile(const std::filesystem::path& target, IfUnfinished then);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  void append(std::string_view bytes);
  /// Truncates the file to 0 bytes.
  void restart();
  /// Flushes the file to disk and renames it to the target, replacing an existing file.
  void publish();

 private:
  /// The path for messages: the target instead of a hidden temporary name.
  const std::filesystem::path& shown() const { return then_ == IfUnfinished::keep ? path_ : target_; }
  void look_at_size();

  std::filesystem::path target_;
  IfUnfinished then_;
  std::filesystem::path path_;
  Descriptor file_;
  std::uint64_t size_ = 0;
  bool published_ = false;
};

/// write_file_atomically(), but a file that has this content already stays as it is, also where there is no room for
/// another. Throws IoError.
void write_if_other(const std::filesystem::path& file, std::string_view content);

}  // namespace cebm
