// Sizes that pictures may announce.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace cebm {

/// Pixels per byte of a file: what no compression of a format reaches.
inline constexpr std::int64_t kMaxPixelsPerByte = 10'000;     ///< PNG with one bit a pixel: 8256
inline constexpr std::int64_t kMaxPixelsPerJpegByte = 1'000;  ///< JPEG with one bit a block: 512

/// What is wrong with a picture of `width` x `height` pixels in a file of `bytes` bytes, empty if nothing is: none,
/// over 100 million, or over `per_byte` for each byte of the file. To be asked before memory is taken.
std::string picture_size_fault(std::int64_t width, std::int64_t height, std::int64_t per_byte, std::size_t bytes);

}  // namespace cebm
