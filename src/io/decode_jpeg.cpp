#include <cebm/image_io.h>
#include <jerror.h>
#include <jpeglib.h>

#include <array>
#include <cstdio>

#include "io/attempt.h"
#include "io/decoders.h"

namespace cebm {

namespace {

/// Encoders write about ten scans. Each may take the time of a whole picture even if it holds only a few bytes.
constexpr int kMaxScans = 100;
constexpr std::int64_t kMaxPixelsPerJpegByte = 1'000;  // with one bit a block: 512

/// Whether the libjpeg warning leaves every pixel intact.
bool is_harmless(int warning) {
  return warning == JWRN_EXTRANEOUS_DATA || warning == JWRN_JFIF_MAJOR || warning == JWRN_ADOBE_XFORM;
}

class Decompression {
 public:
  explicit Decompression(std::string_view bytes) : bytes_(bytes) {
    state_.err = jpeg_std_error(&errors_);
    state_.client_data = this;
    errors_.error_exit = &fail;
    errors_.emit_message = &warn;
    progress_.progress_monitor = &count_scans;
  }
  ~Decompression() { jpeg_destroy_decompress(&state_); }
  Decompression(const Decompression&) = delete;
  Decompression& operator=(const Decompression&) = delete;

  bool read_header() {
    return attempt(on_error_, [this] {
      jpeg_create_decompress(&state_);
      state_.progress = &progress_;
      jpeg_mem_src(&state_, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
      jpeg_read_header(&state_, TRUE);
      const bool inks = state_.num_components == 4;
      state_.out_color_space = inks ? JCS_CMYK : state_.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    });
  }

  /// Rows of width() * components() bytes.
  bool read_rows(std::uint8_t* out) {
    return attempt(on_error_, [this, out] {
      jpeg_start_decompress(&state_);
      while (state_.output_scanline < state_.output_height) {
        JSAMPROW row = out + width() * components() * state_.output_scanline;
        jpeg_read_scanlines(&state_, &row, 1);
      }
      jpeg_finish_decompress(&state_);
    });
  }

  std::int64_t width() const { return state_.image_width; }
  std::int64_t height() const { return state_.image_height; }
  std::int64_t components() const { return state_.num_components; }
  std::size_t position() const { return state_.src == nullptr ? 0 : bytes_.size() - state_.src->bytes_in_buffer; }
  const char* fault() const { return fault_.data(); }

 private:
  static Decompression& of(j_common_ptr state) { return *static_cast<Decompression*>(state->client_data); }

  [[noreturn]] static void fail(j_common_ptr state) {
    Decompression& self = of(state);
    self.errors_.format_message(state, self.fault_.data());
    std::longjmp(self.on_error_, 1);
  }
  static void warn(j_common_ptr state, int level) {
    if (level < 0 && !is_harmless(state->err->msg_code)) fail(state);
  }
  static void count_scans(j_common_ptr state) {
    Decompression& self = of(state);
    if (self.state_.input_scan_number <= kMaxScans) return;
    std::snprintf(self.fault_.data(), self.fault_.size(), "more than %d scans", kMaxScans);
    std::longjmp(self.on_error_, 1);
  }

  std::string_view bytes_;
  jpeg_decompress_struct state_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf on_error_{};
  std::array<char, JMSG_LENGTH_MAX> fault_{};
};

/// Converts CMYK to RGB in place: the light that passes an ink and black. Stored values are inverted: 255 is no ink.
void mix_inks(std::vector<std::uint8_t>& pixels) {
  const std::size_t count = pixels.size() / 4;
  for (std::size_t i = 0; i < count; ++i) {
    const int black = pixels[4 * i + 3];
    for (std::size_t c = 0; c < 3; ++c)
      pixels[3 * i + c] = static_cast<std::uint8_t>((pixels[4 * i + c] * black + 127) / 255);
  }
  pixels.resize(3 * count);
}

}  // namespace

Picture decode_jpeg(PictureSource& source) {
  Decompression jpeg(source.bytes());
  const auto damaged = [&] {
    source.seek(jpeg.position());
    source.fail("expected an intact JPEG, found damage (" + std::string(jpeg.fault()) + ")");
  };
  if (!jpeg.read_header()) damaged();
  source.seek(jpeg.position());
  const std::int64_t components = jpeg.components();
  if (components != 1 && components != 3 && components != 4)
    source.fail("expected a JPEG of 1, 3 or 4 components, found " + std::to_string(components));
  source.check_size(jpeg.width(), jpeg.height(), kMaxPixelsPerJpegByte);
  Picture picture{jpeg.width(), jpeg.height(), components, {}};
  picture.pixels.resize(static_cast<std::size_t>(jpeg.width() * jpeg.height() * components));
  if (!jpeg.read_rows(picture.pixels.data())) damaged();
  if (components == 4) {
    mix_inks(picture.pixels);
    picture.channels = 3;
  }
  return picture;
}

}  // namespace cebm
