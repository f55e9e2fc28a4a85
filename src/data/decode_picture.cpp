#include <algorithm>
#include <array>
#include <cctype>

#include "data/picture.h"
#include "io/decode_image.h"

namespace cebm {

namespace {

std::uint8_t grey_of(const std::uint8_t* rgb) {
  return static_cast<std::uint8_t>((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
}

/// Converts pixels with 1 to 4 channels (grey, grey and alpha, RGB, RGB and alpha) to 1 or 3 channels.
Picture converted(const Picture& stored, std::int64_t channels) {
  const std::int64_t count = stored.width * stored.height;
  Picture picture{.width = stored.width, .height = stored.height, .channels = channels, .pixels = {}};
  picture.pixels.resize(static_cast<std::size_t>(count * channels));
  const std::int64_t colours = stored.channels < 3 ? 1 : 3;
  const std::uint8_t* pixels = stored.pixels.data();
  std::uint8_t* out = picture.pixels.data();
  for (std::int64_t i = 0; i < count; ++i, pixels += stored.channels, out += channels) {
    std::array<std::uint8_t, 3> colour{};
    for (int c = 0; c < 3; ++c) colour[c] = pixels[colours == 1 ? 0 : c];
    if (stored.channels != colours) {
      for (auto& value : colour) value = static_cast<std::uint8_t>((value * pixels[colours] + 127) / 255);
    }
    if (channels == 3) {
      std::copy(colour.begin(), colour.end(), out);
    } else {
      *out = colours == 1 ? colour[0] : grey_of(colour.data());
    }
  }
  return picture;
}

}  // namespace

Picture decode_picture(const std::filesystem::path& file, std::int64_t channels) {
  return converted(decode_image(read_picture_file(file), file), channels);
}

}  // namespace cebm
