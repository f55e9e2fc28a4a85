#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <png.h>

#include <climits>
#include <new>
#include <stdexcept>

#include "io/decode_image.h"
#include "io/describe_content.h"

namespace cebm {

namespace {

constexpr std::size_t kBitDepthOffset = 24;  // of the header chunk, which is always the first

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
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  std::size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  // Fails only if memory runs out.
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.pixels.data(), 0, nullptr) == 0)
    throw std::bad_alloc();
  bytes.resize(size);
  return bytes;
}

void write_png(const std::filesystem::path& file, const Picture& picture) {
  write_file_atomically(file, encode_png(picture));
}

Picture read_png(const std::filesystem::path& file) {
  const std::string bytes = read_picture_file(file);
  if (!bytes.starts_with(kPngSignature))
    throw DataError(file.string() + ": at byte 0: expected a PNG picture, found " + describe_content(bytes));
  Picture picture = decode_image(bytes, file);
  const int bits = bytes[kBitDepthOffset];
  if (bits > 8 || (picture.channels != 1 && picture.channels != 3))
    throw DataError(file.string() + ": expected a PNG of 8 bits with 1 or 3 channels, found " + std::to_string(bits) +
                    " bits and " + std::to_string(picture.channels) + " channels");
  return picture;
}

}  // namespace cebm
