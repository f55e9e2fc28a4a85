#include <algorithm>
#include <array>

#include "io/decoders.h"

namespace cebm {

namespace {

constexpr std::size_t kHeaderBytes = 18;
constexpr std::int64_t kMaxPixelsPerTgaByte = 64;  // 128 pixels in a packet of two bytes

using Colour = std::array<std::uint8_t, 4>;  // red, green, blue, alpha

enum Kind : std::uint32_t { kPalette = 1, kColour = 2, kGrey = 3 };

struct TgaHeader {
  std::uint32_t id_bytes;
  std::uint32_t has_palette;
  std::uint32_t type;
  std::uint32_t first;    ///< number of the palette's first colour
  std::uint32_t colours;  ///< of the palette
  std::uint32_t colour_bits;
  std::int64_t width;
  std::int64_t height;
  std::uint32_t bits;
  std::uint32_t descriptor;

  std::uint32_t kind() const { return type & 7; }
  bool packed() const { return (type & 8) != 0; }
  bool right_to_left() const { return (descriptor & 0x10) != 0; }
  bool top_down() const { return (descriptor & 0x20) != 0; }
};

/// `bytes` holds a header.
TgaHeader header_of(std::string_view bytes) {
  const auto byte = [&](std::size_t at) { return std::uint32_t{static_cast<std::uint8_t>(bytes[at])}; };
  const auto word = [&](std::size_t at) { return byte(at) + 256 * byte(at + 1); };
  return {byte(0), byte(1), byte(2), word(3), word(5), byte(7), word(12), word(14), byte(16), byte(17)};
}

bool is_colour_depth(std::uint32_t bits) { return bits == 15 || bits == 16 || bits == 24 || bits == 32; }

Colour colour_of(std::string_view stored) {
  const auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<std::uint8_t>(stored[i])}; };
  if (stored.size() > 2)
    return {static_cast<std::uint8_t>(stored[2]), static_cast<std::uint8_t>(stored[1]),
            static_cast<std::uint8_t>(stored[0]), static_cast<std::uint8_t>(stored.size() == 4 ? byte(3) : 255)};
  const std::uint32_t value = byte(0) + 256 * byte(1);
  const auto five = [&](int shift) { return static_cast<std::uint8_t>((value >> shift & 31) * 255 / 31); };
  return {five(10), five(5), five(0), 255};
}

/// The pixels in the order of the file.
class Pixels {
 public:
  Pixels(PictureSource& source, const TgaHeader& header) : source_(source), header_(header) {
    if (header.has_palette == 0) return;
    for (std::uint32_t i = 0; i < header.colours; ++i)
      palette_.push_back(colour_of(source.take((header.colour_bits + 7) / 8)));
  }

  Colour next() {
    if (!header_.packed()) return read();
    if (left_ == 0) {
      const std::uint32_t packet = source_.number(1);
      left_ = 1 + (packet & 127);
      repeated_ = packet > 127;
      if (repeated_) last_ = read();
    }
    --left_;
    return repeated_ ? last_ : read();
  }

  /// Throws if a packet continues past the last pixel.
  void expect_end() const {
    if (left_ != 0) source_.fail_damaged("a packet of more pixels than there are");
  }

 private:
  Colour read() {
    const std::string_view stored = source_.take((header_.bits + 7) / 8);
    if (header_.kind() == kColour) return colour_of(stored);
    const auto low = static_cast<std::uint8_t>(stored[0]);
    const auto high = static_cast<std::uint8_t>(stored.size() > 1 ? stored[1] : 0);
    if (header_.kind() == kGrey) return {low, low, low, stored.size() > 1 ? high : std::uint8_t{255}};
    const std::uint32_t entry = low + 256U * high;
    if (entry < header_.first || entry - header_.first >= palette_.size())
      source_.fail("expected pixels of a palette with " + std::to_string(palette_.size()) + " colours from " +
                   std::to_string(header_.first) + " on, found entry " + std::to_string(entry));
    return palette_[entry - header_.first];
  }

  PictureSource& source_;
  const TgaHeader& header_;
  std::vector<Colour> palette_;
  std::uint32_t left_ = 0;  ///< of the packet
  bool repeated_ = false;
  Colour last_{};
};

}  // namespace

bool looks_like_tga(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return false;
  const TgaHeader header = header_of(bytes);
  if (header.has_palette > 1 || (header.type & ~0xBU) != 0 || header.width == 0 || header.height == 0) return false;
  if (header.has_palette == 1 && !is_colour_depth(header.colour_bits)) return false;
  if (header.kind() == kPalette) return header.has_palette == 1 && (header.bits == 8 || header.bits == 16);
  if (header.kind() == kGrey) return header.bits == 8 || header.bits == 16;
  return header.kind() == kColour && is_colour_depth(header.bits);
}

Picture decode_tga(PictureSource& source) {
  const TgaHeader header = header_of(source.take(kHeaderBytes));
  source.check_size(header.width, header.height, kMaxPixelsPerTgaByte);
  source.take(header.id_bytes);
  Pixels pixels(source, header);
  Picture picture{.width = header.width, .height = header.height, .channels = 4, .pixels = {}};
  picture.pixels.resize(static_cast<std::size_t>(picture.width * picture.height * picture.channels));
  for (std::int64_t row = 0; row < picture.height; ++row) {
    const std::int64_t y = header.top_down() ? row : picture.height - 1 - row;
    for (std::int64_t column = 0; column < picture.width; ++column) {
      const std::int64_t x = header.right_to_left() ? picture.width - 1 - column : column;
      std::ranges::copy(pixels.next(), picture.pixels.begin() + (y * picture.width + x) * picture.channels);
    }
  }
  pixels.expect_end();
  return picture;
}

}  // namespace cebm
