// The decoders, one per format. Internal to src/io.
#pragma once

#include <cebm/image_io.h>

#include <string_view>

#include "io/picture_source.h"

namespace cebm {

/// Uses libjpeg, gives 1 (grey) or 3 (RGB) channels; sequential and progressive, Huffman and arithmetic codes, 8 bits.
/// Four components are taken as inverted CMYK, as all programs write it, and become RGB by (1 - C)(1 - K) and so on.
/// Throws for 2 or more than 4 components and for over 100 scans.
Picture decode_jpeg(PictureSource& source);

/// Uses libpng, gives as many channels as the picture has, palettes as RGB, a transparent colour as alpha; gamma is
/// ignored. Verifies every checksum, including that of the pixels; throws for too few or too many pixels.
Picture decode_png(PictureSource& source);

/// Uses giflib, gives the first frame on the screen as RGB and alpha: transparent where nothing is drawn, whatever the
/// background colour; the screen grows if the frame reaches beyond it. Reads all blocks up to the trailer.
Picture decode_gif(PictureSource& source);

/// Windows and OS/2 bitmaps without compression as RGB and alpha: 1, 4 or 8 bits with a palette, 16, 24 or 32 bits with
/// or without masks. Alpha comes from a mask; without one the fourth byte of 32 bits is ignored.
Picture decode_bmp(PictureSource& source);

/// Targa as RGB and alpha: palette, colour or grey, plain or run-length coded, from any corner. 32-bit colours and
/// 16-bit greys have alpha.
Picture decode_tga(PictureSource& source);
/// Whether `bytes` may begin with a Targa header. The format has no magic number.
bool looks_like_tga(std::string_view bytes);

/// Upper bound on the pixels per byte of a PNG or GIF file (PNG with one bit per pixel can reach 8256).
inline constexpr std::int64_t kMaxPixelsPerByte = 10'000;

}  // namespace cebm
