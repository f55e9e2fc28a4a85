// A folder of its own for a fuzzer whose parser looks for files by their names.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "fuzz/input_file.h"

namespace cebm::fuzz {

/// Made in memory where the system has such a place; goes away at a regular end of the process.
class InputFolder {
 public:
  InputFolder() {
    const char* const memory = "/dev/shm";
    const auto place = std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    std::string pattern = (place / "cebm_fuzz_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  InputFolder(const InputFolder&) = delete;
  InputFolder& operator=(const InputFolder&) = delete;
  ~InputFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The input under a name in a folder.
class NamedInput {
 public:
  explicit NamedInput(const std::filesystem::path& name) {
    const std::filesystem::path link = folder_.path() / name;
    std::filesystem::create_directories(link.parent_path());
    std::filesystem::create_symlink(file_.path(), link);
  }

  const std::filesystem::path& folder() const { return folder_.path(); }
  void write(const void* bytes, std::size_t size) const { file_.write(bytes, size); }

 private:
  InputFolder folder_;
  InputFile file_;
};

}  // namespace cebm::fuzz
