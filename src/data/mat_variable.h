// One large array of a MATLAB 5 file, read piece by piece.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace cebm {

/// The bytes of a top-level element of the file, inflated where the element is compressed.
///
/// matio decompresses an array from its start for every piece that is asked for, does not look at the checksum at its
/// end, and does not say where a file breaks off. For arrays of more than a gigabyte this reader stands in for it.
class MatElement {
 public:
  explicit MatElement(const std::filesystem::path& file);

  /// Goes to the next element and reads its tag; false at the end of the file.
  bool next();
  /// Reads exactly `count` bytes of the element's content.
  void read(void* out, std::uint64_t count, const std::string& meaning);
  /// Throws unless the content ends here; of a compressed element, checks the checksum.
  void expect_end();

  /// Where the element's tag lies in the file, and how many bytes follow the tag there.
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

/// The numeric array `name`: its sizes, and its data if they are unsigned bytes.
class MatVariable {
 public:
  /// Throws DataError naming file and offset: not a MATLAB 5 file, truncated, damaged, no such variable, not numeric.
  MatVariable(const std::filesystem::path& file, const std::string& name);

  const std::vector<std::int64_t>& sizes() const { return sizes_; }
  std::int64_t numel() const;
  /// Where the variable lies in the file, for messages.
  std::uint64_t offset() const { return element_.offset(); }

  /// Goes to the data. Throws DataError unless they are more than four uint8 and the file is large enough for them.
  void open_bytes();
  /// The next `count` bytes, in MATLAB's order: the first index runs fastest.
  void read_bytes(std::uint8_t* out, std::int64_t count) {
    element_.read(out, static_cast<std::uint64_t>(count), "data of '" + name_ + "'");
  }
  /// Throws DataError unless all data were read and the checksum is right.
  void finish_bytes();
  /// Reads what is left without keeping it and checks its end, as finish_bytes does.
  void skip_to_end();

  [[noreturn]] void fail(const std::string& what) const { element_.fail_at(offset(), what); }

 private:
  struct Tag {
    std::uint32_t type = 0;
    std::uint32_t bytes = 0;
    bool small = false;  ///< up to four bytes of data lie in the tag itself
    std::uint8_t data[4] = {};
  };

  Tag read_tag(const std::string& meaning);
  std::vector<std::uint8_t> read_part(std::uint32_t type, const std::string& meaning);
  std::string read_matrix_header();

  std::string name_;
  MatElement element_;
  std::uint64_t remaining_ = 0;  ///< of the array's element, header included
  std::uint8_t class_ = 0;
  std::vector<std::int64_t> sizes_;
};

/// All numbers of a small array, whatever numeric type it is stored in. Throws DataError if they are no integers.
std::vector<std::int64_t> read_mat_integers(const std::filesystem::path& file, const std::string& name);

}  // namespace cebm
