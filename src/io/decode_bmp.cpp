#include <algorithm>
#include <array>
#include <bit>

#include "io/decoders.h"

namespace cebm {

namespace {

constexpr std::uint32_t kCoreHeader = 12;  // OS/2's: smaller numbers, palettes of three bytes a colour
constexpr std::uint32_t kBitfields = 3;
constexpr std::int64_t kMaxPixelsPerBmpByte = 8;

using Colour = std::array<std::uint8_t, 4>;  // red, green, blue, alpha

struct BmpHeader {
  std::uint32_t data = 0;  ///< offset of the pixels
  std::uint32_t bytes = 0;
  std::int64_t width = 0;
  std::int64_t height = 0;  ///< negative: the upper row comes first
  std::uint32_t bits = 0;
  std::uint32_t compression = 0;
  std::uint32_t colours = 0;                                      ///< of the palette; 0: as many as the bits can name
  std::array<std::uint32_t, 4> masks = {0xFF0000, 0xFF00, 0xFF};  ///< red, green, blue, alpha
};

void check(const PictureSource& source, const BmpHeader& header) {
  constexpr std::uint32_t kBits[] = {1, 4, 8, 16, 24, 32};
  const bool masked = header.bits == 16 || header.bits == 32;
  if (std::ranges::find(kBits, header.bits) == std::end(kBits))
    source.fail("expected a BMP of 1, 4, 8, 16, 24 or 32 bits, found " + std::to_string(header.bits));
  if (header.compression != 0 && !(header.compression == kBitfields && masked))
    source.fail("expected a BMP without compression, found compression " + std::to_string(header.compression) +
                " with " + std::to_string(header.bits) + " bits");
  for (const std::uint32_t mask : header.masks) {
    const std::uint32_t ones = mask == 0 ? 0 : mask >> std::countr_zero(mask);
    if ((ones & (ones + 1)) != 0 || (masked && (header.masks[0] & header.masks[1] & header.masks[2]) != 0))
      source.fail_damaged("masks of colours that overlap or have gaps");
  }
  source.check_size(header.width, std::abs(header.height), kMaxPixelsPerBmpByte);
}

BmpHeader read_header(PictureSource& source) {
  BmpHeader header;
  source.take(10);
  header.data = source.number(4);
  header.bytes = source.number(4);
  constexpr std::uint32_t kKnown[] = {kCoreHeader, 40, 52, 56, 64, 108, 124};
  if (std::ranges::find(kKnown, header.bytes) == std::end(kKnown))
    source.fail("expected a BMP header of 12, 40, 52, 56, 64, 108 or 124 bytes, found " + std::to_string(header.bytes));
  const std::size_t end = source.bytes().size() - source.left() + header.bytes - 4;
  const bool core = header.bytes == kCoreHeader;
  const auto size = [&] {
    return core ? std::int64_t{source.number(2)} : std::int64_t{std::bit_cast<std::int32_t>(source.number(4))};
  };
  header.width = size();
  header.height = size();
  source.take(2);  // planes
  header.bits = source.number(2);
  if (!core) {
    header.compression = source.number(4);
    source.take(12);  // size of the data, resolution
    header.colours = source.number(4);
    source.take(4);  // important colours
  }
  if (header.bits == 16) header.masks = {0x7C00, 0x3E0, 0x1F};
  if (header.compression == kBitfields) {
    // After a header of 40 bytes, and in one of 52, there are three masks; longer ones have a fourth.
    for (std::size_t i = 0; i < (header.bytes < 56 ? 3U : 4U); ++i) header.masks[i] = source.number(4);
  }
  if (const std::size_t at = source.bytes().size() - source.left(); at < end) source.take(end - at);
  check(source, header);
  return header;
}

std::vector<Colour> read_palette(PictureSource& source, const BmpHeader& header) {
  const std::size_t entry = header.bytes == kCoreHeader ? 3 : 4;
  const std::size_t at = source.bytes().size() - source.left();
  const std::size_t room = header.data < at ? 0 : (header.data - at) / entry;
  const std::size_t most = std::min(std::size_t{1} << header.bits, room);
  std::vector<Colour> palette(header.colours == 0 ? most : std::min<std::size_t>(header.colours, most));
  for (Colour& colour : palette) {
    const std::string_view bytes = source.take(entry);
    for (std::size_t c = 0; c < 3; ++c) colour[c] = static_cast<std::uint8_t>(bytes[2 - c]);
    colour[3] = 255;
  }
  return palette;
}

/// The bits of pixel `x` of a row.
std::uint32_t pixel_bits(std::string_view row, std::int64_t x, std::uint32_t bits) {
  const auto at = static_cast<std::size_t>(x) * bits;
  if (bits < 8) return static_cast<std::uint8_t>(row[at / 8]) >> (8 - bits - at % 8) & ((1U << bits) - 1);
  std::uint32_t value = 0;
  for (std::size_t i = bits / 8; i > 0; --i) value = value << 8 | static_cast<std::uint8_t>(row[at / 8 + i - 1]);
  return value;
}

Colour masked_colour(std::uint32_t bits, const std::array<std::uint32_t, 4>& masks) {
  Colour colour = {0, 0, 0, 255};
  for (std::size_t c = 0; c < colour.size(); ++c) {
    if (masks[c] == 0) continue;
    const int shift = std::countr_zero(masks[c]);
    const std::uint64_t value = (bits & masks[c]) >> shift;
    colour[c] = static_cast<std::uint8_t>(value * 255 / (masks[c] >> shift));
  }
  return colour;
}

}  // namespace

Picture decode_bmp(PictureSource& source) {
  const BmpHeader header = read_header(source);
  const std::vector<Colour> palette = header.bits <= 8 ? read_palette(source, header) : std::vector<Colour>();
  if (header.data < source.bytes().size() - source.left()) source.fail_damaged("pixels that begin in the header");
  source.seek(header.data);
  Picture picture{.width = header.width, .height = std::abs(header.height), .channels = 4, .pixels = {}};
  const std::size_t row_bytes = (static_cast<std::size_t>(header.width) * header.bits + 31) / 32 * 4;
  const std::string_view rows = source.take(row_bytes * static_cast<std::size_t>(picture.height));
  picture.pixels.resize(static_cast<std::size_t>(picture.width * picture.height * picture.channels));
  std::uint8_t* out = picture.pixels.data();
  for (std::int64_t y = 0; y < picture.height; ++y) {
    const std::int64_t stored = header.height < 0 ? y : picture.height - 1 - y;
    const std::string_view row = rows.substr(static_cast<std::size_t>(stored) * row_bytes, row_bytes);
    for (std::int64_t x = 0; x < picture.width; ++x) {
      const std::uint32_t bits = pixel_bits(row, x, header.bits);
      if (header.bits <= 8 && bits >= palette.size())
        source.fail("expected pixels of a palette with " + std::to_string(palette.size()) + " colours, found entry " +
                    std::to_string(bits));
      const Colour colour = header.bits <= 8 ? palette[bits] : masked_colour(bits, header.masks);
      out = std::ranges::copy(colour, out).out;
    }
  }
  return picture;
}

}  // namespace cebm
