// MATLAB 5 files made by the tests.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace cebm {

/// Types of elements and classes of arrays that the tests use.
struct Mat {
  static constexpr std::uint32_t int8 = 1, uint8 = 2, int32 = 5, uint32 = 6, float64 = 9, matrix = 14, compressed = 15;
  static constexpr std::uint32_t char_class = 4, double_class = 6, uint8_class = 9;
};

inline std::string little_endian(std::uint32_t value) {
  std::string bytes(4, '\0');
  std::memcpy(bytes.data(), &value, 4);
  return bytes;
}

/// A tag and `bytes` after it, filled up to a multiple of eight; up to four bytes lie in the tag itself.
inline std::string mat_element(std::uint32_t type, std::string bytes) {
  if (!bytes.empty() && bytes.size() <= 4) {
    const std::string tag = little_endian(type | static_cast<std::uint32_t>(bytes.size()) << 16);
    bytes.resize(4, '\0');
    return tag + bytes;
  }
  const std::string tag = little_endian(type) + little_endian(static_cast<std::uint32_t>(bytes.size()));
  bytes.resize((bytes.size() + 7) / 8 * 8, '\0');
  return tag + bytes;
}

/// A named array. `storage` is the type that the data are stored as.
inline std::string mat_array(const std::string& name, const std::vector<std::int32_t>& sizes, const std::string& data,
                             std::uint32_t array_class = Mat::uint8_class, std::uint32_t storage = Mat::uint8) {
  std::string dimensions;
  for (const auto size : sizes) dimensions += little_endian(static_cast<std::uint32_t>(size));
  return mat_element(Mat::matrix, mat_element(Mat::uint32, little_endian(array_class) + little_endian(0)) +
                                      mat_element(Mat::int32, dimensions) + mat_element(Mat::int8, name) +
                                      mat_element(storage, data));
}

/// The same array as a compressed element.
inline std::string mat_compressed(const std::string& array) {
  uLongf length = compressBound(array.size());
  std::string bytes(length, '\0');
  EXPECT_EQ(compress(reinterpret_cast<Bytef*>(bytes.data()), &length, reinterpret_cast<const Bytef*>(array.data()),
                     array.size()),
            Z_OK);
  bytes.resize(length);
  return little_endian(Mat::compressed) + little_endian(static_cast<std::uint32_t>(length)) + bytes;
}

inline std::string mat_header() {
  std::string header = "MATLAB 5.0 MAT-file, made by a test";
  header.resize(124, ' ');
  return header + std::string("\0\1IM", 4);
}

}  // namespace cebm
