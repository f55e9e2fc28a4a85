// PNG files of kinds that the library does not write.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>

namespace cebm {

/// One chunk of a PNG.
inline std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto crc =
      static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size())));
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(data.size() >> shift & 0xFF);
  bytes += body;
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(crc >> shift & 0xFF);
  return bytes;
}

/// A PNG of any colour type and depth with the given chunks between its first and its last.
inline std::string png_with(std::uint32_t width, std::uint32_t height, char depth, char colour_type,
                            const std::string& chunks) {
  std::string header;
  for (const auto size : {width, height}) {
    for (const int shift : {24, 16, 8, 0}) header += static_cast<char>(size >> shift & 0xFF);
  }
  header += std::string{depth, colour_type, 0, 0, 0};
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + chunks + chunk("IEND", "");
}

/// The rows, each with its filter byte, as an IDAT chunk.
inline std::string data_chunk(const std::string& rows) {
  uLongf length = compressBound(rows.size());
  std::string packed(length, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()), &length, reinterpret_cast<const Bytef*>(rows.data()), rows.size());
  packed.resize(length);
  return chunk("IDAT", packed);
}

inline std::string raw_png(std::uint32_t width, std::uint32_t height, char depth, char colour_type,
                           const std::string& rows) {
  return png_with(width, height, depth, colour_type, data_chunk(rows));
}

}  // namespace cebm
