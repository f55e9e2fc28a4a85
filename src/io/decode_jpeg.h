// JPEG pictures by libjpeg.
#pragma once

#include <cebm/image_io.h>

#include <filesystem>
#include <string>

namespace cebm {

/// Decodes the JPEG `bytes`, the content of `file`, to 1 (grey) or 3 (RGB) channels: sequential and progressive,
/// Huffman and arithmetic codes, 8 bits. CMYK becomes RGB by (1 - C)(1 - K) and so on.
/// Throws DataError naming the file and the offset reached: damaged or truncated, with 2 or more than 4 components, of
/// over 100 scans, or of a size that check_picture_size refuses.
Picture decode_jpeg(const std::string& bytes, const std::filesystem::path& file);

}  // namespace cebm
