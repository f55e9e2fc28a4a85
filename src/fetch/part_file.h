/// A file that is not whole yet. Internal to src/fetch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/descriptor.h"

namespace cebm {

/// <target>.part beside `target`: what an earlier attempt left in it is kept. It stays when this object goes, unless it
/// is empty or was published. Everything throws IoError.
class PartFile {
 public:
  explicit PartFile(const std::filesystem::path& target);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  void append(std::string_view bytes);
  /// Drops everything.
  void restart();
  /// Flushes it to disk and gives it the target's name, in the place of what had it.
  void publish();

 private:
  std::filesystem::path target_;
  std::filesystem::path path_;
  Descriptor file_;
  std::uint64_t size_ = 0;
  bool published_ = false;
};

}  // namespace cebm
