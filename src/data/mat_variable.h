// One large array of a MATLAB 5 file, read piece by piece.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/mat_element.h"

namespace cebm {

/// The numeric array `name`: its sizes, and its data, all at once or, for unsigned bytes, in blocks. Memory grows with
/// the bytes that are read, not with the size in a header; the checksum of a compressed array is verified at its end.
class MatVariable {
 public:
  /// Throws DataError naming file and offset: not a MATLAB 5 file, truncated, damaged, no such variable, not numeric.
  MatVariable(const std::filesystem::path& file, const std::string& name);

  const std::vector<std::int64_t>& sizes() const { return sizes_; }
  std::int64_t numel() const;
  /// Where the variable lies in the file, for messages.
  std::uint64_t offset() const { return element_.offset(); }

  /// Goes to the data. Throws DataError unless they are uint8 and the file is large enough for them. Also throws for
  /// MAT's packed small-element form (at most four bytes).
  void open_bytes();
  /// Reads the next `count` bytes, in MATLAB's column-major order.
  void read_bytes(std::uint8_t* out, std::int64_t count) {
    element_.read(out, static_cast<std::uint64_t>(count), "data of '" + name_ + "'");
  }
  /// Throws DataError unless all data were read and the checksum is right.
  void finish_bytes();
  /// Reads all numbers, whatever type they are stored as, and checks the end as finish_bytes does. 64-bit integers that
  /// a double cannot represent are rounded. Throws DataError unless the number count matches the sizes.
  std::vector<double> read_numbers();

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
  std::uint64_t remaining_ = 0;  ///< unread bytes of the array's element, header included
  std::uint8_t class_ = 0;
  std::vector<std::int64_t> sizes_;
};

}  // namespace cebm
