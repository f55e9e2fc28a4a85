// A fuzzer's input as the file that a parser reads.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace cebm::fuzz {

/// One file in memory whose bytes are replaced for every input: a file system would be the slowest part of a run.
class InputFile {
 public:
  InputFile() : descriptor_(memfd_create("input", 0)), path_("/proc/self/fd/" + std::to_string(descriptor_)) {
    if (descriptor_ < 0) std::abort();
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile() { ::close(descriptor_); }

  const std::filesystem::path& path() const { return path_; }

  void write(const void* bytes, std::size_t size) const {
    if (::ftruncate(descriptor_, 0) != 0) std::abort();
    if (::pwrite(descriptor_, bytes, size, 0) != static_cast<ssize_t>(size)) std::abort();
  }

 private:
  int descriptor_;
  std::filesystem::path path_;
};

/// Runs a parser that may refuse its input with an error of type E. Anything else that leaves it is a finding.
template <class E, class Parse>
void may_refuse(Parse&& parse) {
  try {
    parse();
  } catch (const E& error) {
    if (std::string(error.what()).empty()) std::abort();
  }
}

}  // namespace cebm::fuzz
