#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <zlib.h>

#include <climits>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "io/decode_image.h"
#include "io/png_chunks.h"

namespace {

/// stb's own compressor makes larger files. The result must be memory that free() releases.
unsigned char* compress_with_zlib(unsigned char* data, int size, int* compressed_size, int /*level*/) {
  uLongf length = compressBound(static_cast<uLong>(size));
  auto* buffer = static_cast<unsigned char*>(std::malloc(length));
  if (buffer == nullptr || compress2(buffer, &length, data, static_cast<uLong>(size), 6) != Z_OK || length > INT_MAX) {
    std::free(buffer);
    return nullptr;
  }
  *compressed_size = static_cast<int>(length);
  return buffer;
}

}  // namespace

// Static: a program that links cebm may carry its own stb.
#define STBIW_ZLIB_COMPRESS compress_with_zlib
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb_image_write.h>
#pragma GCC diagnostic pop

namespace cebm {

namespace {

constexpr std::size_t kBitDepthOffset = 24;  // of the header chunk, which is always the first

using StbBytes = std::unique_ptr<unsigned char, decltype(&std::free)>;

}  // namespace

std::string encode_png(const Picture& picture) {
  const std::int64_t width = picture.width;
  const std::int64_t height = picture.height;
  const std::int64_t channels = picture.channels;
  if (width < 1 || height < 1 || (channels != 1 && channels != 3) || width > INT_MAX / channels / height ||
      picture.pixels.size() != static_cast<std::size_t>(width * height * channels))
    throw std::invalid_argument("encode_png: " + std::to_string(picture.pixels.size()) +
                                " bytes are not a picture of " + std::to_string(width) + " x " +
                                std::to_string(height) + " pixels with " + std::to_string(channels) + " channels");
  int size = 0;
  const StbBytes bytes(
      stbi_write_png_to_mem(picture.pixels.data(), static_cast<int>(width * channels), static_cast<int>(width),
                            static_cast<int>(height), static_cast<int>(channels), &size),
      &std::free);
  if (!bytes) throw std::bad_alloc();
  const auto* begin = bytes.get();
  return {begin, begin + size};
}

void write_png(const std::filesystem::path& file, const Picture& picture) {
  write_file_atomically(file, encode_png(picture));
}

Picture read_png(const std::filesystem::path& file) {
  const std::string bytes = read_picture_file(file);
  if (!bytes.starts_with(kPngSignature))
    throw DataError(file.string() + ": at byte 0: expected a PNG picture, found none");
  Picture picture = decode_image(bytes, file);
  const int bits = bytes[kBitDepthOffset];
  if (bits > 8 || (picture.channels != 1 && picture.channels != 3))
    throw DataError(file.string() + ": expected a PNG of 8 bits with 1 or 3 channels, found " + std::to_string(bits) +
                    " bits and " + std::to_string(picture.channels) + " channels");
  return picture;
}

}  // namespace cebm
