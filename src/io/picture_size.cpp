#include "io/picture_size.h"

namespace cebm {

namespace {

constexpr std::int64_t kMaxPixels = 100'000'000;

}  // namespace

std::string picture_size_fault(std::int64_t width, std::int64_t height, std::int64_t per_byte, std::size_t bytes) {
  if (width >= 1 && height >= 1 && width <= kMaxPixels / height &&
      width * height / per_byte <= static_cast<std::int64_t>(bytes))
    return "";
  return "expected a picture of at most " + std::to_string(kMaxPixels) + " pixels and " + std::to_string(per_byte) +
         " pixels for each byte of the file, found " + std::to_string(width) + " x " + std::to_string(height);
}

}  // namespace cebm
