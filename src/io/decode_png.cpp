#include <png.h>

#include <array>
#include <cstdio>
#include <new>

#include "io/attempt.h"
#include "io/decoders.h"

namespace cebm {

namespace {

/// One PNG being read, with libpng at its strictest.
class PngReader {
 public:
  explicit PngReader(PictureSource& source) : source_(source) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &fail, [](png_structp, png_const_charp) {});
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    if (info_ != nullptr) return;
    png_destroy_read_struct(&png_, nullptr, nullptr);
    throw std::bad_alloc();
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  bool read_header() {
    return attempt(on_error_, [this] {
      png_set_read_fn(png_, this, &read);
      png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // our own are checked after the header
      png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
      png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);  // colour profiles, texts, ...
      png_read_info(png_, info_);
    });
  }

  /// Prepares reading the rows. Sets channels() to the number that they will have.
  bool start() {
    return attempt(on_error_, [this] {
      png_set_expand(png_);
      png_set_strip_16(png_);
      passes_ = png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
  }

  /// Reads the rows, of width() * channels() bytes each, and everything after them.
  bool read_rows(std::uint8_t* out) {
    return attempt(on_error_, [this, out] {
      png_set_benign_errors(png_, 0);  // makes surplus data an error
      const std::size_t row_bytes = png_get_rowbytes(png_, info_);
      for (int pass = 0; pass < passes_; ++pass)
        for (std::int64_t row = 0; row < height(); ++row) png_read_row(png_, out + row * row_bytes, nullptr);
      png_read_end(png_, nullptr);
    });
  }

  std::int64_t width() const { return png_get_image_width(png_, info_); }
  std::int64_t height() const { return png_get_image_height(png_, info_); }
  std::int64_t channels() const { return png_get_channels(png_, info_); }
  const char* fault() const { return fault_.data(); }

 private:
  [[noreturn]] static void fail(png_structp png, png_const_charp message) {
    auto& self = *static_cast<PngReader*>(png_get_error_ptr(png));
    std::snprintf(self.fault_.data(), self.fault_.size(), "%s", message);
    std::longjmp(self.on_error_, 1);
  }
  static void read(png_structp png, png_bytep out, std::size_t count) {
    auto& self = *static_cast<PngReader*>(png_get_io_ptr(png));
    if (self.source_.read(out, count) < count) png_error(png, "it ends here");
  }

  PictureSource& source_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int passes_ = 1;
  std::jmp_buf on_error_{};
  std::array<char, 128> fault_{};
};

}  // namespace

Picture decode_png(PictureSource& source) {
  PngReader png(source);
  if (!png.read_header()) source.fail_damaged(png.fault());
  source.check_size(png.width(), png.height(), kMaxPixelsPerByte);
  if (!png.start()) source.fail_damaged(png.fault());
  Picture picture{png.width(), png.height(), png.channels(), {}};
  picture.pixels.resize(static_cast<std::size_t>(picture.width * picture.height * picture.channels));
  if (!png.read_rows(picture.pixels.data())) source.fail_damaged(png.fault());
  return picture;
}

}  // namespace cebm
