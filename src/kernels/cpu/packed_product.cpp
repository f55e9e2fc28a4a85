#include "kernels/cpu/packed_product.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "kernels/rounding.h"

namespace cebm::kernels::cpu {

namespace {

/// Blocks of columns, each [depth / group][block][group].
template <class Number>
AlignedArray<Number> pack(std::int64_t depth, std::int64_t columns, std::int64_t block, std::int64_t group,
                          const PackedProduct::Weights& weights) {
  AlignedArray<Number> packed(static_cast<std::size_t>(depth * columns));
  std::vector<float> row(static_cast<std::size_t>(columns));
  for (std::int64_t k = 0; k < depth; ++k) {
    weights(k, row.data());
    for (std::int64_t first = 0; first < columns; first += block) {
      const std::int64_t width = std::min(block, columns - first);
      Number* const to = packed.data() + first * depth + k / group * width * group + k % group;
      for (std::int64_t n = 0; n < width; ++n) assign(to[n * group], row[static_cast<std::size_t>(first + n)]);
    }
  }
  return packed;
}

}  // namespace

PackedProduct::PackedProduct(const ConvKernels& kernels, Precision weights, MapRows rows, std::int64_t columns,
                             const Weights& fill)
    : kernels_(&kernels), rows_(std::move(rows)) {
  const std::int64_t padded = (columns + column_multiple - 1) / column_multiple * column_multiple;
  const std::int64_t depth = rows_.segments * rows_.segment_length;
  if (weights == Precision::float32) {
    float32_ = pack<float>(depth, padded, kernels.block, 1, fill);
  } else {
    bfloat16_ = pack<Bfloat16>(depth, padded, kernels.block, 2, fill);
  }
  pass_.rows = static_cast<std::int64_t>(rows_.in_offset.size());
  pass_.in_offset = rows_.in_offset.data();
  pass_.out_offset = rows_.out_offset.data();
  pass_.segments = rows_.segments;
  pass_.segment_stride = rows_.segment_stride;
  pass_.segment_length = rows_.segment_length;
  pass_.columns = padded;
}

void PackedProduct::set_strides(std::int64_t in, std::int64_t out) {
  pass_.in_stride = in;
  pass_.out_stride = out;
}

void PackedProduct::set_bias(const float* bias, std::int64_t count) {
  bias_ = AlignedArray<float>(static_cast<std::size_t>(pass_.columns));
  std::copy_n(bias, count, bias_.data());
  pass_.bias = bias_.data();
}

void PackedProduct::set_epilogue(Epilogue epilogue, float slope) {
  pass_.epilogue = epilogue;
  pass_.slope = slope;
}

void PackedProduct::operator()(const float* in, float* out, float* companion, std::int64_t images,
                               std::int64_t part) const {
  MatrixPass pass = pass_;
  pass.part = part;
  kernels_->f32(pass, float32_.data(), in, out, companion, images);
}

void PackedProduct::operator()(const float* in, Bfloat16* out, Bfloat16* companion, std::int64_t images) const {
  kernels_->f32_to_bf16(pass_, float32_.data(), in, out, companion, images);
}

void PackedProduct::operator()(const Bfloat16* in, Bfloat16* out, Bfloat16* companion, std::int64_t images) const {
  kernels_->bf16(pass_, bfloat16_.data(), in, out, companion, images);
}

void PackedProduct::operator()(const Bfloat16* in, float* out, float* companion, std::int64_t images) const {
  kernels_->bf16_to_f32(pass_, bfloat16_.data(), in, out, companion, images);
}

}  // namespace cebm::kernels::cpu
