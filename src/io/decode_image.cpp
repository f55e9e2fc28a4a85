#include "io/decode_image.h"

#include <cebm/errors.h>
#include <cebm/files.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "io/decode_jpeg.h"
#include "io/picture_size.h"
#include "io/png_chunks.h"

namespace {

/// A PNG's empty IDAT makes stb copy no bytes to a null pointer, which memcpy leaves undefined.
void* copy_bytes(void* to, const void* from, std::size_t count) {
  return count == 0 ? to : std::memcpy(to, from, count);
}

}  // namespace

// Static: a program that links cebm may carry its own stb.
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_ONLY_TGA
#define STBI_ONLY_GIF
#define STBI_NO_STDIO
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#define memcpy copy_bytes
#include <stb_image.h>
#undef memcpy
#pragma GCC diagnostic pop

namespace cebm {

namespace {

constexpr std::string_view kJpegMagic = "\xFF\xD8";
constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{1} << 30;

using StbBytes = std::unique_ptr<unsigned char, decltype(&std::free)>;

/// A file's bytes as stb asks for them. stb takes what is missing at the end for zeros; this remembers that it did.
struct Source {
  const std::string& bytes;
  std::size_t position = 0;
  bool ran_out = false;

  static int read(void* self, char* out, int size) {
    auto& source = *static_cast<Source*>(self);
    const std::size_t count = std::min(source.bytes.size() - source.position, static_cast<std::size_t>(size));
    source.ran_out = source.ran_out || (count == 0 && size > 0);
    std::copy_n(source.bytes.data() + source.position, count, out);
    source.position += count;
    return static_cast<int>(count);
  }
  static void skip(void* self, int count) {
    auto& source = *static_cast<Source*>(self);
    const std::size_t left = source.bytes.size() - source.position;
    source.ran_out = source.ran_out || (count > 0 && static_cast<std::size_t>(count) > left);
    source.position += std::min(left, static_cast<std::size_t>(std::max(count, 0)));
  }
  static int at_end(void* self) {
    const auto& source = *static_cast<const Source*>(self);
    return source.position == source.bytes.size() ? 1 : 0;
  }
};

constexpr stbi_io_callbacks kCallbacks = {&Source::read, &Source::skip, &Source::at_end};

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
  if (bytes.starts_with(kJpegMagic)) return decode_jpeg(bytes, file);
  int width = 0;
  int height = 0;
  int channels = 0;
  Source source{bytes};
  const auto fail = [&](const std::string& what) {
    throw DataError(file.string() + ": near byte " + std::to_string(source.position) + " of " +
                    std::to_string(bytes.size()) + ": " + what);
  };
  constexpr const char* kCut = "expected the rest of the picture, found the end of the file";
  const std::size_t cut = bytes.starts_with(kPngSignature) ? find_cut_chunk(bytes) : std::string::npos;
  if (cut != std::string::npos) {
    source.position = cut;
    fail(kCut);
  }
  if (stbi_info_from_callbacks(&kCallbacks, &source, &width, &height, &channels) == 0) {
    fail("expected a JPEG, PNG, BMP, TGA or GIF picture, found none (" + std::string(stbi_failure_reason()) + ")");
  }
  const std::string size_fault = picture_size_fault(width, height, kMaxPixelsPerByte, bytes.size());
  if (!size_fault.empty()) fail(size_fault);
  source.position = 0;
  source.ran_out = false;
  const StbBytes pixels(stbi_load_from_callbacks(&kCallbacks, &source, &width, &height, &channels, 0), &std::free);
  if (source.ran_out) fail(kCut);
  if (!pixels) fail("expected an intact picture, found damage (" + std::string(stbi_failure_reason()) + ")");
  const auto* begin = pixels.get();
  return {width, height, channels, {begin, begin + std::int64_t{width} * height * channels}};
}

}  // namespace cebm
