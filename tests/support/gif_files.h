// GIF files made by the tests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cebm {

/// A frame of a GIF whose pixels name entries of a palette with four colours.
struct GifFrame {
  std::uint16_t left = 0;
  std::uint16_t top = 0;
  std::uint16_t width = 1;
  std::uint16_t height = 1;
  std::vector<int> pixels = {};  ///< in the order of the file
  bool interlaced = false;
  std::string palette = {};  ///< 12 bytes, red, green, blue and so on; empty: the file's
  std::optional<int> transparent = {};
};

inline std::string gif_number(std::uint16_t value) {
  return {static_cast<char>(value & 0xFF), static_cast<char>(value >> 8)};
}

/// Codes of three bits: a clear code (4) before every pixel, so that they never grow, and the end (5).
inline std::string gif_codes(const std::vector<int>& pixels) {
  std::vector<int> codes;
  for (const int pixel : pixels) codes.insert(codes.end(), {4, pixel});
  codes.insert(codes.end(), {4, 5});
  std::string bits(codes.size() * 3 / 8 + 1, '\0');
  for (std::size_t i = 0; i < codes.size() * 3; ++i) {
    bits[i / 8] = static_cast<char>(bits[i / 8] | (codes[i / 3] >> i % 3 & 1) << i % 8);
  }
  std::string bytes = "\2";
  for (std::size_t at = 0; at < bits.size(); at += 255) {
    const std::string block = bits.substr(at, 255);
    bytes += static_cast<char>(block.size()) + block;
  }
  return bytes + '\0';
}

inline std::string gif_frame(const GifFrame& frame) {
  std::string bytes;
  if (frame.transparent) {
    bytes += std::string("\x21\xF9\4\1\0\0", 6) + static_cast<char>(*frame.transparent) + '\0';
  }
  bytes += ",";
  for (const auto value : {frame.left, frame.top, frame.width, frame.height}) bytes += gif_number(value);
  bytes += static_cast<char>((frame.palette.empty() ? 0 : 0x81) | (frame.interlaced ? 0x40 : 0));
  return bytes + frame.palette + gif_codes(frame.pixels);
}

/// A whole file. Its background is entry 1 of the palette, which is drawn nowhere.
inline std::string gif_file(std::uint16_t width, std::uint16_t height, const std::string& palette,
                            const std::vector<GifFrame>& frames) {
  std::string bytes = "GIF89a" + gif_number(width) + gif_number(height);
  bytes += std::string{static_cast<char>(palette.empty() ? 0 : 0x81), '\1', '\0'} + palette;
  for (const GifFrame& frame : frames) bytes += gif_frame(frame);
  return bytes + ";";
}

}  // namespace cebm
