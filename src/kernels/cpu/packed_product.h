// A matrix product of a feature map with weights: its rows, and the weights in the order in which the loops read them.
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

  /// Sets the weights of element k of a row for all columns. Threads may set different k concurrently.
  void set_weights(std::int64_t k, const float* columns);
  /// Strides between images in the input and in the output.
  void set_strides(std::int64_t in, std::int64_t out);
  /// Added to the products; the array is padded with zeros.
  void set_bias(const float* bias);
  void set_epilogue(Epilogue epilogue, float slope);

  std::int64_t columns() const { return pass_.columns; }

  /// The types of input and output choose the loop; float32 input needs float32 weights.
  /// With `part` above 0, adds up sums of `part` numbers of a row instead of computing one long sum.
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
/// A MatrixPass over `rows` without strides, bias and epilogue; `rows` must outlive it.
MatrixPass pass_of(const MapRows& rows, std::int64_t columns);

}  // namespace cebm::kernels::cpu
