#include "kernels/cpu/winograd_product.h"

#include <algorithm>

namespace cebm::kernels::cpu {

WinogradProduct::WinogradProduct(const ConvKernels& kernels, const TapGrid& grid, std::int64_t columns)
    : kernels_(&kernels),
      used_columns_(columns),
      tiles_(grid, columns),
      bias_(static_cast<std::size_t>(tiles_.columns())) {
  tiles_.pass().bias = bias_.data();
  for (const WinogradTiles::Point& point : tiles_.points()) {
    const auto rows = std::ssize(point.rows.in_offset);
    products_.emplace_back(kernels, Precision::float32, point.rows, columns);
    products_.back().set_strides(rows * tiles_.depth(), rows * tiles_.columns());
  }
}

void WinogradProduct::set_weights(std::int64_t k, const std::array<const float*, 4>& taps) {
  std::vector<float> row(static_cast<std::size_t>(used_columns_));
  for (std::size_t p = 0; p < products_.size(); ++p) {
    const auto& f = tiles_.points()[p].factors;
    for (std::size_t n = 0; n < row.size(); ++n) {
      row[n] = (f[0] * taps[0][n] + f[1] * taps[1][n]) + (f[2] * taps[2][n] + f[3] * taps[3][n]);
    }
    products_[p].set_weights(k, row.data());
  }
}

void WinogradProduct::set_strides(std::int64_t in, std::int64_t out) {
  tiles_.pass().in_stride = in;
  tiles_.pass().out_stride = out;
}

void WinogradProduct::set_bias(const float* bias) { std::copy_n(bias, used_columns_, bias_.data()); }

void WinogradProduct::set_epilogue(Epilogue epilogue, float slope) {
  tiles_.pass().epilogue = epilogue;
  tiles_.pass().slope = slope;
}

void WinogradProduct::operator()(const float* in, float* out, float* companion, std::int64_t images, std::int64_t part,
                                 WinogradScratch& scratch) const {
  const WinogradPass& pass = tiles_.pass();
  const std::int64_t most = tiles_.chunk(images);
  float* const inputs = scratch.inputs(most * tiles_.rows() * tiles_.depth());
  float* const products = scratch.products(most * tiles_.rows() * tiles_.columns());
  for (std::int64_t begin = 0; begin < images; begin += most) {
    const std::int64_t count = std::min(most, images - begin);
    kernels_->winograd_in(pass, in + begin * pass.in_stride, inputs, count);
    for (std::size_t p = 0; p < products_.size(); ++p) {
      const std::int64_t first = tiles_.first_row(tiles_.points()[p], count);
      products_[p](inputs + first * tiles_.depth(), products + first * tiles_.columns(), nullptr, count, part);
    }
    kernels_->winograd_out(pass, products, out + begin * pass.out_stride,
                           companion == nullptr ? nullptr : companion + begin * pass.out_stride, count);
  }
}

}  // namespace cebm::kernels::cpu
