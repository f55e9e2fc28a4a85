#include <gif_lib.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "io/decoders.h"

namespace cebm {

namespace {

struct CloseGif {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};

class GifReader {
 public:
  explicit GifReader(PictureSource& source) : source_(source) {
    int error = 0;
    gif_.reset(DGifOpen(&source, &read, &error));
    if (!gif_) fail(error);
  }

  Picture first_frame() {
    Picture picture;
    while (true) {
      GifRecordType record = UNDEFINED_RECORD_TYPE;
      check(DGifGetRecordType(gif_.get(), &record));
      if (record == TERMINATE_RECORD_TYPE) break;
      if (record == EXTENSION_RECORD_TYPE) read_extension();
      if (record != IMAGE_DESC_RECORD_TYPE) continue;
      check(DGifGetImageDesc(gif_.get()));
      if (picture.pixels.empty()) {
        picture = draw();
      } else {
        skip_codes();
      }
    }
    if (picture.pixels.empty()) source_.fail("expected a GIF with at least one frame, found none");
    return picture;
  }

 private:
  static int read(GifFileType* gif, GifByteType* out, int count) {
    return static_cast<int>(static_cast<PictureSource*>(gif->UserData)->read(out, static_cast<std::size_t>(count)));
  }

  [[noreturn]] void fail(int error) const {
    const char* const reason = GifErrorString(error);
    source_.fail_damaged(reason == nullptr ? "unknown" : reason);
  }
  void check(int result) const {
    if (result == GIF_ERROR) fail(gif_->Error);
  }

  void read_extension() {
    int code = 0;
    GifByteType* block = nullptr;  // its length, then its bytes
    check(DGifGetExtension(gif_.get(), &code, &block));
    if (code == GRAPHICS_EXT_FUNC_CODE && block != nullptr) {
      check(DGifExtensionToGCB(block[0], block + 1, &control_));
    }
    while (block != nullptr) check(DGifGetExtensionNext(gif_.get(), &block));
  }

  void skip_codes() {
    int code_size = 0;
    GifByteType* block = nullptr;
    check(DGifGetCode(gif_.get(), &code_size, &block));
    while (block != nullptr) check(DGifGetCodeNext(gif_.get(), &block));
  }

  /// The rows of the current frame in the order of the file.
  std::vector<std::int64_t> row_order() const {
    const std::int64_t height = gif_->Image.Height;
    std::vector<std::int64_t> rows(static_cast<std::size_t>(height));
    std::iota(rows.begin(), rows.end(), 0);
    if (!gif_->Image.Interlace) return rows;
    rows.clear();
    for (const auto& [first, step] : {std::pair{0, 8}, {4, 8}, {2, 4}, {1, 2}}) {
      for (std::int64_t row = first; row < height; row += step) rows.push_back(row);
    }
    return rows;
  }

  /// Draws the current frame on an empty screen.
  Picture draw() {
    const GifImageDesc& frame = gif_->Image;
    Picture picture{.width = std::max(gif_->SWidth, frame.Left + frame.Width),
                    .height = std::max(gif_->SHeight, frame.Top + frame.Height),
                    .channels = 4,
                    .pixels = {}};
    source_.check_size(picture.width, picture.height, kMaxPixelsPerByte);
    picture.pixels.resize(static_cast<std::size_t>(picture.width * picture.height * picture.channels));
    if (frame.Width == 0 || frame.Height == 0) {
      skip_codes();
      return picture;
    }
    std::vector<GifPixelType> entries(static_cast<std::size_t>(frame.Width));
    for (const std::int64_t row : row_order()) {
      check(DGifGetLine(gif_.get(), entries.data(), frame.Width));
      std::uint8_t* out = picture.pixels.data() + ((frame.Top + row) * picture.width + frame.Left) * picture.channels;
      for (const int entry : entries) {
        if (entry != control_.TransparentColor) put_colour(entry, out);
        out += picture.channels;
      }
    }
    return picture;
  }

  void put_colour(int entry, std::uint8_t* out) const {
    const ColorMapObject* const palette = gif_->Image.ColorMap != nullptr ? gif_->Image.ColorMap : gif_->SColorMap;
    const int count = palette == nullptr ? 0 : palette->ColorCount;
    if (entry >= count)
      source_.fail("expected pixels of a palette with " + std::to_string(count) + " colours, found entry " +
                   std::to_string(entry));
    const GifColorType& colour = palette->Colors[entry];
    const std::uint8_t bytes[] = {colour.Red, colour.Green, colour.Blue, 255};
    std::ranges::copy(bytes, out);
  }

  PictureSource& source_;
  std::unique_ptr<GifFileType, CloseGif> gif_;
  GraphicsControlBlock control_{
      .DisposalMode = 0, .UserInputFlag = false, .DelayTime = 0, .TransparentColor = NO_TRANSPARENT_COLOR};
};

}  // namespace

Picture decode_gif(PictureSource& source) { return GifReader(source).first_frame(); }

}  // namespace cebm
