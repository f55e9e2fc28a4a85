#include "data/encoded_pictures.h"

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb_image_write.h>
#pragma GCC diagnostic pop

namespace cebm {

namespace {

void append(void* bytes, void* data, int size) {
  static_cast<std::string*>(bytes)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

}  // namespace

std::string encode_jpeg(const Picture& picture) {
  std::string bytes;
  stbi_write_jpg_to_func(&append, &bytes, static_cast<int>(picture.width), static_cast<int>(picture.height),
                         static_cast<int>(picture.channels), picture.pixels.data(), 95);
  return bytes;
}

std::string encode_bmp(const Picture& picture) {
  std::string bytes;
  stbi_write_bmp_to_func(&append, &bytes, static_cast<int>(picture.width), static_cast<int>(picture.height),
                         static_cast<int>(picture.channels), picture.pixels.data());
  return bytes;
}

std::string encode_tga(const Picture& picture) {
  std::string bytes;
  stbi_write_tga_to_func(&append, &bytes, static_cast<int>(picture.width), static_cast<int>(picture.height),
                         static_cast<int>(picture.channels), picture.pixels.data());
  return bytes;
}

}  // namespace cebm
