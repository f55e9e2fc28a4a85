// A picture's file as its decoder reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace cebm {

/// The bytes of a picture's file and how far its decoder came. Every error is a DataError that names the file, the
/// offset reached, what was expected and what was found.
class PictureSource {
 public:
  PictureSource(const std::filesystem::path& file, std::string_view bytes) : file_(file), bytes_(bytes) {}

  std::string_view bytes() const { return bytes_; }
  std::size_t left() const { return bytes_.size() - position_; }

  /// Copies the next `count` bytes, or as many as there are, and returns how many: what C libraries ask for.
  std::size_t read(void* out, std::size_t count);
  /// The next `count` bytes. Throws if the file ends before.
  std::string_view take(std::size_t count);
  /// The next `size` bytes, at most 4, as an unsigned number, the lowest byte first.
  std::uint32_t number(std::size_t size);
  /// Goes to an offset. Throws if it lies behind the end.
  void seek(std::size_t position);

  /// To be asked before memory is taken: throws if the picture is empty, over 100 million pixels, or over `per_byte`
  /// pixels for each byte of the file.
  void check_size(std::int64_t width, std::int64_t height, std::int64_t per_byte) const;

  [[noreturn]] void fail(const std::string& what) const;
  /// The picture is not whole: the file has ended, or else `reason`.
  [[noreturn]] void fail_damaged(const std::string& reason) const;

 private:
  std::filesystem::path file_;
  std::string_view bytes_;
  std::size_t position_ = 0;
  bool ran_out_ = false;
};

}  // namespace cebm
