// Pictures in formats that the library does not write.
#pragma once

#include <cebm/image_io.h>

#include <string>

namespace cebm {

std::string encode_jpeg(const Picture& picture);
std::string encode_bmp(const Picture& picture);
std::string encode_tga(const Picture& picture);

}  // namespace cebm
