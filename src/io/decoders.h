// The decoders, one a format. Internal to src/io.
#pragma once

#include <cebm/image_io.h>

#include <string_view>

#include "io/picture_source.h"

namespace cebm {

/// libjpeg's: 1 (grey) or 3 (RGB) channels; sequential and progressive, Huffman and arithmetic codes, 8 bits. Four
/// components are inks of which the file holds how much is missing, as all programs write them: CMYK becomes RGB by
/// (1 - C)(1 - K) and so on. Refused: 2 or more than 4 components, over 100 scans.
Picture decode_jpeg(PictureSource& source);

/// libpng's: as many channels as the picture has, palettes as RGB, a transparent colour as alpha; gamma is ignored.
/// Every checksum is compared, that of the pixels too, and there must be neither too few nor too many of them.
Picture decode_png(PictureSource& source);

/// giflib's, the first frame on the screen as RGB and alpha: transparent where nothing is drawn, whatever the
/// background colour; the screen grows with a frame that reaches beyond it. All blocks are followed to the trailer.
Picture decode_gif(PictureSource& source);

/// Windows and OS/2 bitmaps without compression as RGB and alpha: 1, 4 or 8 bits with a palette, 16, 24 or 32 bits with
/// or without masks. Alpha is what a mask says; without one the fourth byte of 32 bits means nothing.
Picture decode_bmp(PictureSource& source);

/// Targa as RGB and alpha: palette, colour or grey, plain or run-length coded, from any corner. 32-bit colours and
/// 16-bit greys have alpha.
Picture decode_tga(PictureSource& source);
/// Whether this may be the header of such a file, which has no magic number.
bool looks_like_tga(std::string_view bytes);

/// Pixels per byte of a file that no compression of a format reaches, PNG's and GIF's (PNG with one bit a pixel: 8256).
inline constexpr std::int64_t kMaxPixelsPerByte = 10'000;

}  // namespace cebm
