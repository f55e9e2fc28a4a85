// The inner loops of ConvNetwork, compiled once per instruction set and chosen at run time. Plain data only: nothing
// that the compiler could emit twice belongs in this header.
#pragma once

#include <cstdint>

#include "kernels/bfloat16.h"

namespace cebm::kernels::cpu {

/// What happens to a sum v before it is stored; the backward ones look at what is stored there already.
enum class Epilogue : std::uint8_t {
  plain,                ///< v
  leaky_relu,           ///< f(v)
  silu,                 ///< f(v), and f'(v) into the companion
  leaky_relu_gradient,  ///< v f'(a), a's sign being that of f(a), which is stored there
  stored_gradient,      ///< v f'(a), with f'(a) stored there
};

/// A matrix that lies in a feature map, times packed weights. Row r consists of `segments` runs of `segment_length`
/// numbers, `segment_stride` apart, from in_offset[r] on; its products go to out_offset[r] and what follows.
/// Strides and offsets count numbers. Every image repeats the rows at its stride.
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

/// Channels in memory are padded with zeros to a multiple of this.
inline constexpr std::int64_t column_multiple = 16;

/// One instruction set's loops. Weights [K][columns] come in blocks of `block` columns (the last may have fewer), each
/// [K][block]; bfloat16 ones with neighbouring k in pairs, [K / 2][block][2]. Sums are float32; each result is summed
/// in the order of k, with MatrixPass::part by parts that are added up, whatever the number of images.
struct ConvKernels {
  const char* name;
  std::int64_t block;
  void (*f32)(const MatrixPass&, const float* weights, const float* in, float* out, float* companion,
              std::int64_t images);
  void (*f32_to_bf16)(const MatrixPass&, const float* weights, const float* in, Bfloat16* out, Bfloat16* companion,
                      std::int64_t images);
  void (*bf16)(const MatrixPass&, const Bfloat16* weights, const Bfloat16* in, Bfloat16* out, Bfloat16* companion,
               std::int64_t images);
  void (*bf16_to_f32)(const MatrixPass&, const Bfloat16* weights, const Bfloat16* in, float* out, float* companion,
                      std::int64_t images);
  /// Adds up, over the rows of all images, the products of a row with what lies at its out_offset, and the latter
  /// alone: the gradients of the weights, [K][columns], and of the bias, [columns].
  void (*outer)(const MatrixPass&, const float* in, const float* gradient, float* weights, float* bias,
                std::int64_t images);
};

}  // namespace cebm::kernels::cpu
