// Decoding picture files, and resizing pictures to the image size of a model.
#pragma once

#include <cebm/dataset_options.h>
#include <cebm/image.h>
#include <cebm/image_io.h>
#include <torch/types.h>

#include <cstdint>
#include <filesystem>

namespace cebm {

/// Decodes a JPEG, PNG, BMP, TGA or GIF (its first frame), whatever its name, to 8 bits and 1 or 3 channels.
/// 16-bit pictures keep their upper 8 bits; transparency is composed onto black; colours become grey by
/// 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601). An orientation in EXIF data is ignored.
/// Throws DataError naming the file and the offset reached: missing, unreadable, of another kind, damaged, truncated,
/// over 100 million pixels, or announcing more pixels than a file of its length can hold.
Picture decode_picture(const std::filesystem::path& file, std::int64_t channels);

/// Resizes images [N, C, H, W] uint8 to [N, C, height, width]. Each value is the mean of the pixels around its
/// position, weighted by a triangle of half-width max(1, s) pixels for a scale of s pixels per value: bilinear
/// interpolation when enlarging, antialiased when reducing (LibTorch's _upsample_bilinear2d_aa in float).
torch::Tensor resample(const torch::Tensor& images, std::int64_t height, std::int64_t width, Fit fit);

/// Reads a picture file as an image of this shape, [1, C, H, W] uint8. Throws as decode_picture does.
torch::Tensor read_picture(const std::filesystem::path& file, ImageShape shape, Fit fit);

}  // namespace cebm
