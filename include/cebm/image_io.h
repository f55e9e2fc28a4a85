/// Pictures: grids of images, PNG files, NumPy arrays.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cebm {

/// An 8-bit picture, row by row, 1 (grey) or 3 (RGB) channels.
struct Picture {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::int64_t channels = 1;
  std::vector<std::uint8_t> pixels;
};

struct GridOptions {
  std::int64_t columns = 0;  ///< 0: as square as possible
  std::int64_t gap = 2;      ///< pixels between images
  std::int64_t scale = 2;    ///< each pixel becomes scale x scale
};

/// Lays images [N, C, H, W] out row by row. Floats are taken from [-1, 1] and clamped, uint8 as they are.
/// Throws std::invalid_argument on no images or on C other than 1 or 3.
Picture make_grid(const torch::Tensor& images, const GridOptions& options = {});

/// PNG encoding, and the same to a file (whole or not at all; IoError).
std::string encode_png(const Picture& picture);
void write_png(const std::filesystem::path& file, const Picture& picture);

/// Decodes an 8-bit grey or RGB PNG. Throws DataError naming the file: missing, of another kind, damaged (all checksums
/// are compared), over 100 million pixels, or announcing more pixels than a file of its length can hold.
Picture read_png(const std::filesystem::path& file);

/// NumPy .npy (version 1.0, C order) of float32, float64, int64 or uint8.
void write_npy(const std::filesystem::path& file, const torch::Tensor& tensor);

/// Reads an array of an .npy file, on the CPU in C order: format versions 1 to 3, either byte order, C or Fortran
/// order; bool, integers of 8 to 64 bits, float16, float32, float64. Unsigned integers become the next larger signed
/// type (uint8 stays). Throws DataError naming file, expected and found: another kind of file, other elements (long
/// double, complex, objects, text, records), an integer from 2^63 on, truncated, more bytes than the shape takes.
torch::Tensor read_npy(const std::filesystem::path& file);

/// Converts `values`, read from `file`, to float32 or float64. Throws DataError naming file and row (index of the first
/// axis, from 0): a number that is not finite in `type`, or an integer that `type` does not represent exactly.
torch::Tensor exact_numbers(const torch::Tensor& values, torch::ScalarType type, const std::filesystem::path& file);

/// Throws DataError naming file and largest absolute value if float images [N, C, H, W], expected in [-1, 1] with
/// Gaussian noise of standard deviation `noise` >= 0, are so far outside (|x| > 16 + 10 noise) that they must be in
/// another range, such as 0 .. 255.
void require_pixel_range(const torch::Tensor& images, double noise, const std::filesystem::path& file);

}  // namespace cebm
