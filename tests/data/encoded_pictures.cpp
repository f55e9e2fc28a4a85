#include "data/encoded_pictures.h"

#include <jpeglib.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

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

std::string encode_jpeg(const Picture& picture, const JpegOptions& options) {
  jpeg_compress_struct state{};
  jpeg_error_mgr errors{};
  state.err = jpeg_std_error(&errors);
  jpeg_create_compress(&state);
  unsigned char* data = nullptr;
  unsigned long size = 0;  // NOLINT(google-runtime-int): libjpeg's
  jpeg_mem_dest(&state, &data, &size);
  state.image_width = static_cast<JDIMENSION>(picture.width);
  state.image_height = static_cast<JDIMENSION>(picture.height);
  state.input_components = static_cast<int>(picture.channels);
  state.in_color_space = picture.channels == 1 ? JCS_GRAYSCALE : picture.channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&state);
  jpeg_set_quality(&state, 95, TRUE);
  for (int i = 0; i < state.num_components; ++i)
    state.comp_info[i].h_samp_factor = state.comp_info[i].v_samp_factor = 1;
  if (options.as_given) jpeg_set_colorspace(&state, JCS_RGB);
  if (options.ycck) jpeg_set_colorspace(&state, JCS_YCCK);
  state.write_Adobe_marker = options.adobe_marker ? TRUE : FALSE;
  if (options.progressive) jpeg_simple_progression(&state);
  jpeg_start_compress(&state, TRUE);
  std::vector<std::uint8_t> pixels = picture.pixels;
  while (state.next_scanline < state.image_height) {
    JSAMPROW row = pixels.data() + picture.width * picture.channels * state.next_scanline;
    jpeg_write_scanlines(&state, &row, 1);
  }
  jpeg_finish_compress(&state);
  jpeg_destroy_compress(&state);
  const std::unique_ptr<unsigned char, decltype(&std::free)> owner(data, &std::free);
  return {data, data + size};
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
