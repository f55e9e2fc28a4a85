#include "kernels/cpu/packed_product.h"

#include <algorithm>
#include <utility>

#include "kernels/rounding.h"

namespace cebm::kernels::cpu {

namespace {

/// Writes row k into blocks of columns, each [depth / group][block][group].
template <class Number>
void pack(const float* row, std::int64_t used, std::int64_t k, const MatrixPass& pass, std::int64_t block,
          std::int64_t group, Number* packed) {
  const std::int64_t depth = pass.segments * pass.segment_length;
  for (std::int64_t first = 0; first < used; first += block) {
    const std::int64_t width = std::min(block, pass.columns - first);
    Number* const to = packed + first * depth + k / group * width * group + k % group;
    const std::int64_t count = std::min(width, used - first);
    for (std::int64_t n = 0; n < count; ++n) assign(to[n * group], row[first + n]);
  }
}

}  // namespace

std::int64_t padded_columns(std::int64_t columns) {
  return (columns + column_multiple - 1) / column_multiple * column_multiple;
}

MatrixPass pass_of(const MapRows& rows, std::int64_t columns) {
  MatrixPass pass{};
  pass.rows = static_cast<std::int64_t>(rows.in_offset.size());
  pass.in_offset = rows.in_offset.data();
  pass.out_offset = rows.out_offset.data();
  pass.segments = rows.segments;
  pass.segment_stride = rows.segment_stride;
  pass.segment_length = rows.segment_length;
  pass.columns = padded_columns(columns);
  return pass;
}

PackedProduct::PackedProduct(const ConvKernels& kernels, Precision weights, MapRows rows, std::int64_t columns)
    : kernels_(&kernels), rows_(std::move(rows)), used_columns_(columns), pass_(pass_of(rows_, columns)) {
  const auto size = static_cast<std::size_t>(pass_.segments * pass_.segment_length * pass_.columns);
  if (weights == Precision::float32) {
    float32_ = AlignedArray<float>(size);
  } else {
    bfloat16_ = AlignedArray<Bfloat16>(size);
  }
}

void PackedProduct::set_weights(std::int64_t k, const float* columns) {
  if (float32_.size() > 0) {
    pack(columns, used_columns_, k, pass_, kernels_->block, 1, float32_.data());
  } else {
    pack(columns, used_columns_, k, pass_, kernels_->block, 2, bfloat16_.data());
  }
}

void PackedProduct::set_strides(std::int64_t in, std::int64_t out) {
  pass_.in_stride = in;
  pass_.out_stride = out;
}

void PackedProduct::set_bias(const float* bias) {
  if (bias_.size() == 0) bias_ = AlignedArray<float>(static_cast<std::size_t>(pass_.columns));
  std::copy_n(bias, used_columns_, bias_.data());
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
