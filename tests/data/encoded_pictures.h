// Pictures in formats that the library does not write.
#pragma once

#include <cebm/image_io.h>

#include <string>

namespace cebm {

struct JpegOptions {
  bool progressive = false;
  bool adobe_marker = false;
  bool as_given = false;  ///< RGB, not luma and chroma
  bool ycck = false;      ///< inks as luma, chroma and black
};

/// Quality 95, colours at full resolution; four channels are cyan, magenta, yellow and black as they are stored.
std::string encode_jpeg(const Picture& picture, const JpegOptions& options = {});
std::string encode_bmp(const Picture& picture);
std::string encode_tga(const Picture& picture);

}  // namespace cebm
