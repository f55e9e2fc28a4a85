// Decoding picture files.
#pragma once

#include <cebm/image_io.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace cebm {

inline constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";

/// The bytes of a file. Throws DataError naming it: missing, unreadable, empty, over 1 GiB.
std::string read_picture_file(const std::filesystem::path& file);

/// Decodes `bytes`, the content of `file`: a JPEG, PNG, BMP, TGA or GIF (its first frame), to 8 bits and 1 to 4
/// channels: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha. 16-bit pictures keep their upper 8 bits. Throws
/// DataError naming the file and the offset reached: of another kind, damaged, truncated, over 100 million pixels, or
/// announcing more pixels than a file of its length can hold.
Picture decode_image(const std::string& bytes, const std::filesystem::path& file);

}  // namespace cebm
