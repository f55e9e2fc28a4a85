#include "io/jpeg_tables.h"

#include <algorithm>
#include <cstdint>

namespace cebm {

namespace {

constexpr std::uint8_t kDefineHuffmanTables = 0xC4;
constexpr std::uint8_t kStartOfScan = 0xDA;
constexpr std::size_t kLengths = 16;
constexpr std::size_t kMostCodes = 256;

/// The bytes with zeros after them, as stb_image sees them.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
  std::size_t operator[](std::size_t at) const {
    return at < bytes_.size() ? static_cast<std::uint8_t>(bytes_[at]) : std::size_t{0};
  }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

bool has_no_segment(std::size_t marker) { return marker <= 1 || (marker >= 0xD0 && marker <= 0xD9); }

/// A segment holds tables one after another: class and number, how many codes of each length, the codes' values.
bool holds_oversized_table(const Bytes& bytes, std::size_t begin, std::size_t end) {
  while (begin < end) {
    std::size_t codes = 0;
    for (std::size_t i = 1; i <= kLengths; ++i) codes += bytes[begin + i];
    if (codes > kMostCodes) return true;
    begin += 1 + kLengths + codes;
  }
  return false;
}

}  // namespace

std::size_t find_oversized_huffman_table(std::string_view jpeg) {
  const Bytes bytes(jpeg);
  bool in_scans = false;
  std::size_t at = 0;
  while (true) {
    while (at < bytes.size() && bytes[at] != 0xFF) ++at;
    while (at < bytes.size() && bytes[at] == 0xFF) ++at;
    if (at >= bytes.size()) return std::string_view::npos;
    const std::size_t marker = bytes[at++];
    if (has_no_segment(marker)) continue;
    const std::size_t length = bytes[at] * 256 + bytes[at + 1];
    if (marker == kDefineHuffmanTables && holds_oversized_table(bytes, at + 2, at + length)) return at;
    in_scans = in_scans || marker == kStartOfScan;
    if (!in_scans) at += std::max<std::size_t>(length, 2);
  }
}

}  // namespace cebm
