#include "io/png_chunks.h"

#include <cstdint>

namespace cebm {

std::size_t find_cut_chunk(std::string_view png) {
  constexpr std::size_t kAroundData = 12;  // length, type, checksum
  std::size_t at = kPngSignature.size();
  while (true) {
    if (png.size() - at < kAroundData) return at;
    std::size_t length = 0;
    for (const char byte : png.substr(at, 4)) length = length * 256 + static_cast<std::uint8_t>(byte);
    if (length > png.size() - at - kAroundData) return at;
    if (png.substr(at + 4, 4) == "IEND") return std::string_view::npos;
    at += kAroundData + length;
  }
}

}  // namespace cebm
