// Bytes of a data file, compressed or not.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace cebm {

/// The bytes of a file, decompressed where it begins with the gz magic; zlib checks length and CRC of every member.
class ByteStream {
 public:
  /// Throws DataError if `file` is missing, unreadable or not a regular file.
  explicit ByteStream(std::filesystem::path file);

  /// Reads up to `count` bytes; fewer only at the end of the data. Throws DataError for a broken gz stream.
  std::int64_t read(std::uint8_t* out, std::int64_t count);

  /// Number of bytes read so far.
  std::int64_t position() const { return position_; }

  /// Describes the content, for use after "found". `beginning` is everything that was read so far; reads on if needed.
  std::string describe(std::string beginning);

  /// Throws DataError that names file, offset and `what`.
  [[noreturn]] void fail(std::int64_t offset, const std::string& what) const;

 private:
  struct Close {
    void operator()(gzFile stream) const { gzclose(stream); }
  };

  [[noreturn]] void fail_gz(int code, const std::string& reason) const;

  std::filesystem::path file_;
  std::unique_ptr<gzFile_s, Close> stream_;
  std::int64_t position_ = 0;
};

}  // namespace cebm
