// The elements that a MATLAB 5 file is made of.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace cebm {

/// Type of the element that holds a variable.
inline constexpr std::uint32_t kMatrix = 14;

/// The bytes of a top-level element of the file, inflated where the element is compressed.
class MatElement {
 public:
  explicit MatElement(const std::filesystem::path& file);

  /// Goes to the next element and reads its tag; false at the end of the file.
  bool next();
  /// Reads exactly `count` bytes of the element's content.
  void read(void* out, std::uint64_t count, const std::string& meaning);
  /// Throws unless the content ends here; also verifies the checksum of a compressed element.
  void expect_end();

  /// Offset of the element's tag in the file, and the number of bytes stored after the tag.
  std::uint64_t offset() const { return offset_; }
  std::uint64_t stored_bytes() const { return end_ - offset_ - 8; }
  bool compressed() const { return compressed_; }

  /// Throws DataError naming the file and the position reached.
  [[noreturn]] void fail(const std::string& what) const;
  [[noreturn]] void fail_at(std::uint64_t offset, const std::string& what) const;

 private:
  struct EndInflate {
    void operator()(z_stream* stream) const;
  };

  void check_header();
  void read_file(void* out, std::uint64_t count);
  std::uint64_t inflate_some(std::uint8_t* out, std::uint64_t count);

  std::filesystem::path file_;
  std::ifstream input_;
  std::uint64_t file_size_ = 0;
  std::uint64_t offset_ = 0;    ///< of the current element's tag
  std::uint64_t end_ = 0;       ///< of the current element
  std::uint64_t position_ = 0;  ///< of the next byte of the file
  std::uint64_t content_ = 0;   ///< bytes of content read so far
  bool compressed_ = false;
  bool stream_ended_ = false;
  std::unique_ptr<z_stream, EndInflate> inflate_;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace cebm
