/// Files that get their name when they are whole. Internal to src.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/descriptor.h"

namespace cebm {

enum class IfUnfinished {
  remove,  ///< written from nothing under unfinished_name(target), and gone with the object
  keep     ///< part_name(target): goes on after what an earlier attempt left in it, and stays unless it is empty
};

/// A file that is written beside `target` and takes its place when published. Everything throws IoError.
class NewFile {
 public:
  /// What is there and is no regular file (a folder, a device) is never replaced: that throws.
  NewFile(const std::filesystem::path& target, IfUnfinished then);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  void append(std::string_view bytes);
  /// Drops everything.
  void restart();
  /// Flushes it to disk and gives it the target's name, in the place of what had it.
  void publish();

 private:
  /// The name that a message gives it: a hidden one would tell its reader nothing.
  const std::filesystem::path& shown() const { return then_ == IfUnfinished::keep ? path_ : target_; }
  void look_at_size();

  std::filesystem::path target_;
  IfUnfinished then_;
  std::filesystem::path path_;
  Descriptor file_;
  std::uint64_t size_ = 0;
  bool published_ = false;
};

}  // namespace cebm
