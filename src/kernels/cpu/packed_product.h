// A matrix product of a feature map with weights: which rows, and the weights in the order that the loops read them.
#pragma once

#include <cebm/precision.h>

#include <cstdint>

#include "kernels/cpu/aligned_array.h"
#include "kernels/cpu/conv_kernels.h"
#include "kernels/cpu/feature_map.h"

namespace cebm::kernels::cpu {

class PackedProduct {
 public:
  /// All weights are zero. `columns` is rounded up to column_multiple; bfloat16 weights need rows of an even length.
  PackedProduct(const ConvKernels& kernels, Precision weights, MapRows rows, std::int64_t columns);

  /// The weights that place k of a row has in every column. Threads may set different k side by side.
  void set_weights(std::int64_t k, const float* columns);
  /// Distance between images where the rows are read and where the products go.
  void set_strides(std::int64_t in, std::int64_t out);
  /// Added to the products; the array is padded with zeros.
  void set_bias(const float* bias);
  void set_epilogue(Epilogue epilogue, float slope);

  std::int64_t columns() const { return pass_.columns; }

  /// The types of the map and of the products choose the loop; float32 maps need float32 weights.
  /// By parts, it adds up sums of so many numbers of a row instead of one long sum; 0: one sum.
  void operator()(const float* in, float* out, float* companion, std::int64_t images, std::int64_t part = 0) const;
  void operator()(const float* in, Bfloat16* out, Bfloat16* companion, std::int64_t images) const;
  void operator()(const Bfloat16* in, Bfloat16* out, Bfloat16* companion, std::int64_t images) const;
  void operator()(const Bfloat16* in, float* out, float* companion, std::int64_t images) const;

 private:
  const ConvKernels* kernels_;
  MapRows rows_;
  std::int64_t used_columns_;
  AlignedArray<float> bias_;
  AlignedArray<float> float32_;  ///< one of these two is empty
  AlignedArray<Bfloat16> bfloat16_;
  MatrixPass pass_{};
};

/// Rounded up to column_multiple.
std::int64_t padded_columns(std::int64_t columns);
/// Where the rows are and where their products go, without weights; `rows` must outlive it.
MatrixPass pass_of(const MapRows& rows, std::int64_t columns);

}  // namespace cebm::kernels::cpu
