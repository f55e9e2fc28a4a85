// Input of the picture decoders.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace cebm {

/// The bytes of a picture's file and the position of its decoder. Every error is a DataError that names the file, the
/// offset reached, what was expected and what was found.
class PictureSource {
 public:
  PictureSource(const std::filesystem::path& file, std::string_view bytes) : file_(file), bytes_(bytes) {}

  std::string_view bytes() const { return bytes_; }
  std::size_t left() const { return bytes_.size() - position_; }

  /// Copies the next `count` bytes, or as many as are left, and returns their number, as C libraries need it.
  std::size_t read(void* out, std::size_t count);
  /// Takes the next `count` bytes. Throws if fewer are left.
  std::string_view take(std::size_t count);
  /// Takes the next `size` bytes, at most 4, as a little-endian unsigned number.
  std::uint32_t number(std::size_t size);
  /// Goes to an offset. Throws if it lies beyond the end.
  void seek(std::size_t position);

  /// Call it before allocating memory. Throws if the picture is empty, over 100 million pixels, or over `per_byte`
  /// pixels for each byte of the file.
  void check_size(std::int64_t width, std::int64_t height, std::int64_t per_byte) const;

  [[noreturn]] void fail(const std::string& what) const;
  /// Throws for a picture that is truncated, if the file has ended, or else damaged for `reason`.
  [[noreturn]] void fail_damaged(const std::string& reason) const;

 private:
  std::filesystem::path file_;
  std::string_view bytes_;
  std::size_t position_ = 0;
  bool ran_out_ = false;
};

}  // namespace cebm
