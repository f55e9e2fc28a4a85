// Pictures in files: decoding, and bringing them to the size of a model.
#pragma once

#include <cebm/image.h>
#include <cebm/image_io.h>

#include <cstdint>
#include <filesystem>

namespace cebm {

/// Decodes a JPEG, PNG, BMP, TGA or GIF (its first frame), whatever its name, to 8 bits and 1 or 3 channels.
/// 16-bit pictures keep their upper 8 bits; transparency is composed onto black; colours become grey by
/// 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601). An orientation in EXIF data is ignored.
/// Throws DataError naming the file and the offset reached: missing, unreadable, of another kind, damaged, truncated,
/// over 100 million pixels, or announcing more pixels than a file of its length can hold.
Picture decode_picture(const std::filesystem::path& file, std::int64_t channels);

/// A part of a picture in pixels, from its upper left corner.
struct Box {
  double left = 0.0;
  double top = 0.0;
  double width = 0.0;
  double height = 0.0;
};

/// Resamples `box` of the picture to `height` x `width` pixels, written to `out` as [height, width, channels].
/// Each value is the mean of the pixels around its place, weighted by a triangle of half-width max(1, s) pixels for a
/// scale of s pixels per value: bilinear interpolation when enlarging, antialiased when reducing.
void resample(const Picture& picture, const Box& box, std::int64_t height, std::int64_t width, std::uint8_t* out);

enum class Fit {
  crop,     ///< the largest centred part with the target's proportions
  stretch,  ///< the whole picture, whatever its proportions
};

/// The part of a picture that `fit` keeps for images of `target`'s proportions.
Box fitted_box(std::int64_t picture_height, std::int64_t picture_width, ImageShape target, Fit fit);

}  // namespace cebm
