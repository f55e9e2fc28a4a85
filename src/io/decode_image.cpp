#include "io/decode_image.h"

#include <cebm/errors.h>
#include <cebm/files.h>

#include <algorithm>

#include "io/decoders.h"
#include "io/describe_content.h"

namespace cebm {

namespace {

constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{1} << 30;

struct Format {
  std::string_view magic;
  Picture (*decode)(PictureSource& source);
};
constexpr Format kFormats[] = {{"\xFF\xD8", decode_jpeg},
                               {kPngSignature, decode_png},
                               {"GIF87a", decode_gif},
                               {"GIF89a", decode_gif},
                               {"BM", decode_bmp}};

}  // namespace

std::string read_picture_file(const std::filesystem::path& file) {
  try {
    std::string bytes = read_file(file, kMaxFileBytes);
    if (bytes.empty()) throw DataError(file.string() + ": at byte 0: expected a picture, found an empty file");
    return bytes;
  } catch (const IoError& cause) {
    throw DataError(cause.what());
  }
}

Picture decode_image(const std::string& bytes, const std::filesystem::path& file) {
  PictureSource source(file, bytes);
  const auto* const format =
      std::ranges::find_if(kFormats, [&](const Format& one) { return bytes.starts_with(one.magic); });
  if (format != std::end(kFormats)) return format->decode(source);
  if (looks_like_tga(bytes)) return decode_tga(source);
  source.fail("expected a JPEG, PNG, BMP, TGA or GIF picture, found " + describe_content(bytes));
}

}  // namespace cebm
