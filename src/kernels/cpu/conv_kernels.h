// The inner loops of ConvNetwork, compiled once per instruction set and chosen at run time. Plain data only: nothing
// that the compiler could emit twice belongs in this header.
#pragma once

#include <cstdint>

#include "kernels/bfloat16.h"

namespace cebm::kernels::cpu {

/// What happens to a sum v before it is stored. The backward ones read the companion, which may be the output.
enum class Epilogue : std::uint8_t {
  plain,                ///< v
  leaky_relu,           ///< f(v)
  silu,                 ///< f(v), and f'(v) into the companion
  leaky_relu_gradient,  ///< v f'(a), a's sign being that of f(a), which the companion holds
  stored_gradient,      ///< v f'(a), with f'(a) in the companion
};

/// A matrix that lies in a feature map, times packed weights. Row r consists of `segments` runs of `segment_length`
/// numbers, `segment_stride` apart, from in_offset[r] on; its products go to out_offset[r] and what follows.
/// Strides and offsets count numbers. The rows repeat for every image, in_stride and out_stride apart.
struct MatrixPass {
  const std::int32_t* in_offset;
  const std::int32_t* out_offset;
  std::int64_t rows;  ///< of an image
  std::int64_t in_stride;
  std::int64_t out_stride;
  std::int64_t segments;
  std::int64_t segment_stride;
  std::int64_t segment_length;  ///< even for bfloat16
  std::int64_t part;            ///< numbers that are summed at a time; 0: a whole row
  std::int64_t columns;         ///< a multiple of column_multiple
  const float* bias;            ///< [columns], or null
  Epilogue epilogue;
  float slope;  ///< of leaky_relu below zero
};

/// The most phases that are summed.
inline constexpr int winograd_phases = 16;

/// The most points of a tile: four in each of two directions, for two taps and three outputs.
inline constexpr int winograd_points = 16;

/// Neighbouring outputs of a convolution that are computed together.
struct WinogradTile {
  std::int32_t in_offset;   ///< of its first input in phase 0
  std::int32_t out_offset;  ///< of its first output
  std::int32_t height;      ///< outputs: 2 or 3
  std::int32_t width;
  std::int32_t row[winograd_points];  ///< in the matrix of each point that it has
};

/// A convolution of two by two taps, summed over `phases` maps of one memory, by minimal filtering (Winograd 1980;
/// Lavin and Gray 2016): m outputs in a direction need m + 1 products instead of 2 m. Inputs are transformed to the
/// points (0, 1, infinity, -1) x (0, 1, infinity, -1), point by point multiplied with transformed weights, and the
/// products transformed back; all coefficients are 0, 1, -1, and 2 or 1/2. Tiles of height 2 do without the point -1.
/// In transformed memory point p's matrix begins at row first_row[p] times the number of images, and each image has
/// rows[p] rows in it. Strides and offsets count numbers.
struct WinogradPass {
  const WinogradTile* tile;
  std::int64_t tiles;  ///< of an image
  std::int64_t rows[winograd_points];
  std::int64_t first_row[winograd_points];
  std::int64_t in_stride;  ///< between images
  std::int64_t out_stride;
  std::int64_t in_row;  ///< between neighbouring inputs of a phase
  std::int64_t in_column;
  std::int64_t out_row;  ///< between neighbouring outputs
  std::int64_t out_column;
  std::int64_t phases;
  std::int64_t phase[winograd_phases];  ///< where each begins, relative to in_offset
  std::int64_t channels;                ///< of a phase
  std::int64_t columns;
  const float* bias;  ///< [columns], or null
  Epilogue epilogue;
  float slope;
};

/// Channels in memory are padded with zeros to a multiple of this.
inline constexpr std::int64_t column_multiple = 16;

/// One instruction set's loops. Weights [K][columns] come in blocks of `block` columns (the last may have fewer), each
/// [K][block]; bfloat16 ones with neighbouring k in pairs, [K / 2][block][2]. Sums are float32; each result is summed
/// in the order of k, with MatrixPass::part in parts that are then added up, independent of the number of images.
struct ConvKernels {
  const char* name;
  std::int64_t block;
  bool multiplies_bf16;  ///< with native instructions; otherwise with those of float32, slower than float32
  void (*f32)(const MatrixPass&, const float* weights, const float* in, float* out, float* companion,
              std::int64_t images);
  void (*f32_to_bf16)(const MatrixPass&, const float* weights, const float* in, Bfloat16* out, Bfloat16* companion,
                      std::int64_t images);
  void (*bf16)(const MatrixPass&, const Bfloat16* weights, const Bfloat16* in, Bfloat16* out, Bfloat16* companion,
               std::int64_t images);
  void (*bf16_to_f32)(const MatrixPass&, const Bfloat16* weights, const Bfloat16* in, float* out, float* companion,
                      std::int64_t images);
  /// Adds, over the rows of all images, the outer product of a row with the gradient at its out_offset to `weights`,
  /// [K][columns], and that gradient to `bias`, [columns], unless `bias` is null.
  void (*outer)(const MatrixPass&, const float* in, const float* gradient, float* weights, float* bias,
                std::int64_t images);
  /// WinogradPass's inputs -> [rows][phases * channels]; products [rows][columns] -> outputs; gradients with respect to
  /// the outputs -> with respect to the products.
  void (*winograd_in)(const WinogradPass&, const float* in, float* transformed, std::int64_t images);
  void (*winograd_out)(const WinogradPass&, const float* products, float* out, float* companion, std::int64_t images);
  void (*winograd_gradient)(const WinogradPass&, const float* gradient, float* transformed, std::int64_t images);
};

}  // namespace cebm::kernels::cpu
