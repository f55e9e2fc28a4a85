// A matrix product of a feature map with weights: which rows, and the weights in the order that the loops read them.
#pragma once

#include <cebm/precision.h>

#include <cstdint>
#include <functional>

#include "kernels/cpu/aligned_array.h"
#include "kernels/cpu/conv_kernels.h"
#include "kernels/cpu/feature_map.h"

namespace cebm::kernels::cpu {

class PackedProduct {
 public:
  /// Writes the weights that place k of a row has in every column; the row is zero before the first call, and what is
  /// not written keeps its value.
  using Weights = std::function<void(std::int64_t k, float* columns)>;

  /// `columns` is rounded up to column_multiple, with zeros. bfloat16 weights need rows of an even length.
  PackedProduct(const ConvKernels& kernels, Precision weights, MapRows rows, std::int64_t columns, const Weights& fill);

  /// Distance between images where the rows are read and where the products go.
  void set_strides(std::int64_t in, std::int64_t out);
  /// Added to the products; the array is padded with zeros.
  void set_bias(const float* bias, std::int64_t count);
  void set_epilogue(Epilogue epilogue, float slope);

  std::int64_t columns() const { return pass_.columns; }
  /// K, how long the rows are.
  std::int64_t depth() const { return pass_.segments * pass_.segment_length; }

  /// The types of the map and of the products choose the loop; float32 maps need float32 weights.
  /// By parts, it adds up sums of so many numbers of a row instead of one long sum; 0: one sum.
  void operator()(const float* in, float* out, float* companion, std::int64_t images, std::int64_t part = 0) const;
  void operator()(const float* in, Bfloat16* out, Bfloat16* companion, std::int64_t images) const;
  void operator()(const Bfloat16* in, Bfloat16* out, Bfloat16* companion, std::int64_t images) const;
  void operator()(const Bfloat16* in, float* out, float* companion, std::int64_t images) const;

  /// Adds the gradients of the weights, [K][columns], and of the bias, [columns], from those of the products.
  void add_gradients(const float* in, const float* gradient, float* weights, float* bias, std::int64_t images) const {
    kernels_->outer(pass_, in, gradient, weights, bias, images);
  }

 private:
  const ConvKernels* kernels_;
  MapRows rows_;
  AlignedArray<float> bias_;
  AlignedArray<float> float32_;  ///< one of these two is empty
  AlignedArray<Bfloat16> bfloat16_;
  MatrixPass pass_{};
};

}  // namespace cebm::kernels::cpu
