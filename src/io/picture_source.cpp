#include "io/picture_source.h"

#include <cebm/errors.h>

#include <algorithm>

namespace cebm {

namespace {

constexpr std::int64_t kMaxPixels = 100'000'000;

}  // namespace

std::size_t PictureSource::read(void* out, std::size_t count) {
  ran_out_ = ran_out_ || count > left();
  count = std::min(count, left());
  std::copy_n(bytes_.data() + position_, count, static_cast<char*>(out));
  position_ += count;
  return count;
}

std::string_view PictureSource::take(std::size_t count) {
  if (count > left()) {
    ran_out_ = true;
    fail_damaged("");
  }
  position_ += count;
  return bytes_.substr(position_ - count, count);
}

std::uint32_t PictureSource::number(std::size_t size) {
  std::uint32_t value = 0;
  const std::string_view bytes = take(size);
  for (std::size_t i = size; i > 0; --i) value = value << 8 | static_cast<std::uint8_t>(bytes[i - 1]);
  return value;
}

void PictureSource::seek(std::size_t position) {
  position_ = 0;
  take(position);
}

void PictureSource::check_size(std::int64_t width, std::int64_t height, std::int64_t per_byte) const {
  if (width >= 1 && height >= 1 && width <= kMaxPixels / height &&
      width * height / per_byte <= static_cast<std::int64_t>(bytes_.size()))
    return;
  fail("expected a picture of at most " + std::to_string(kMaxPixels) + " pixels and " + std::to_string(per_byte) +
       " pixels for each byte of the file, found " + std::to_string(width) + " x " + std::to_string(height));
}

void PictureSource::fail(const std::string& what) const {
  throw DataError(file_.string() + ": near byte " + std::to_string(position_) + " of " + std::to_string(bytes_.size()) +
                  ": " + what);
}

void PictureSource::fail_damaged(const std::string& reason) const {
  if (ran_out_) fail("expected the rest of the picture, found the end of the file");
  fail("expected an intact picture, found damage (" + reason + ")");
}

}  // namespace cebm
