// The checksum of TensorFlow's record files.
#pragma once

#include <cstdint>
#include <string_view>

namespace cebm {

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4), and its masked form, which record files hold:
///   masked = rotate_right(crc, 15) + 0xa282ead8.
std::uint32_t crc32c(std::string_view bytes);
std::uint32_t masked_crc32c(std::string_view bytes);

}  // namespace cebm
