#include "kernels/cpu/outer_product.h"

#include <algorithm>

#include "kernels/cpu/packed_product.h"

namespace cebm::kernels::cpu {

namespace {

/// The most sums that stay in the cache between the passes that every few images make over them.
constexpr std::int64_t kNearSums = 1024 * 1024;

/// The point (1, 1), where a tile's transformed gradient is the sum over its outputs, as the bias's gradient needs it.
constexpr std::int64_t kPointOfOnes = 5;

}  // namespace

DirectOuter::DirectOuter(const ConvKernels& kernels, const ConvLayer& layer, const FeatureMap& input,
                         const FeatureMap& output)
    : kernels_(&kernels),
      rows_(convolution_rows(layer.window, input, output)),
      pass_(pass_of(rows_, layer.out_channels)),
      channels_(input.channels) {
  pass_.in_stride = input.numbers();
  pass_.out_stride = output.numbers();
}

void DirectOuter::add(const float* in, const float* gradient, std::int64_t images, float* sums, float* bias,
                      WinogradScratch& /*scratch*/) const {
  kernels_->outer(pass_, in, gradient, sums, bias, images);
}

void DirectOuter::read(const float* sums, std::int64_t i, float* taps) const {
  const std::int64_t count = size() / (channels_ * pass_.columns);
  for (std::int64_t tap = 0; tap < count; ++tap) {
    taps = std::copy_n(sums + (tap * channels_ + i) * pass_.columns, pass_.columns, taps);
  }
}

WinogradOuter::WinogradOuter(const ConvKernels& kernels, const TapGrid& grid, const ConvLayer& layer,
                             const FeatureMap& input, const FeatureMap& output)
    : kernels_(&kernels), tiles_(grid, layer.out_channels), window_(layer.window) {
  tiles_.pass().in_stride = input.numbers();
  tiles_.pass().out_stride = output.numbers();
  for (const WinogradTiles::Point& point : tiles_.points()) {
    MatrixPass& pass = passes_.emplace_back(pass_of(point.rows, layer.out_channels));
    pass.in_stride = pass.rows * tiles_.depth();
    pass.out_stride = pass.rows * tiles_.columns();
  }
}

void WinogradOuter::add(const float* in, const float* gradient, std::int64_t images, float* sums, float* bias,
                        WinogradScratch& scratch) const {
  const std::int64_t depth = tiles_.depth();
  const std::int64_t columns = tiles_.columns();
  float* const inputs = scratch.inputs(images * tiles_.rows() * depth);
  float* const gradients = scratch.products(images * tiles_.rows() * columns);
  kernels_->winograd_in(tiles_.pass(), in, inputs, images);
  kernels_->winograd_gradient(tiles_.pass(), gradient, gradients, images);
  for (std::size_t p = 0; p < passes_.size(); ++p, sums += depth * columns) {
    const WinogradTiles::Point& point = tiles_.points()[p];
    const std::int64_t first = tiles_.first_row(point, images);
    kernels_->outer(passes_[p], inputs + first * depth, gradients + first * columns, sums,
                    point.index == kPointOfOnes ? bias : nullptr, images);
  }
}

void WinogradOuter::read(const float* sums, std::int64_t i, float* taps) const {
  const auto [kernel, stride, padding] = window_;
  std::fill_n(taps, kernel.height * kernel.width * columns(), 0.0F);
  for (const WinogradTiles::Point& point : tiles_.points()) {
    for (std::int64_t tap = 0; tap < kernel.height * kernel.width; ++tap) {
      const std::int64_t y = tap / kernel.width;
      const std::int64_t x = tap % kernel.width;
      const std::int64_t phase = y % stride.height * stride.width + x % stride.width;
      const float factor = point.factors[static_cast<std::size_t>(y / stride.height * 2 + x / stride.width)];
      if (factor == 0.0F) continue;
      const float* const row = sums + (phase * tiles_.pass().channels + i) * columns();
      float* const to = taps + tap * columns();
      for (std::int64_t n = 0; n < columns(); ++n) to[n] += factor * row[n];
    }
    sums += tiles_.depth() * columns();
  }
}

OuterProduct outer_product(const ConvKernels& kernels, const ConvLayer& layer, const FeatureMap& input,
                           const FeatureMap& output) {
  const auto grid = convolution_grid(layer.window, input, output);
  if (grid && WinogradTiles::fit(*grid)) {
    WinogradOuter outer(kernels, *grid, layer, input, output);
    if (outer.size() <= kNearSums) return outer;
  }
  return DirectOuter(kernels, layer, input, output);
}

GradientSums::GradientSums(const OuterProduct& outer, std::int64_t biases)
    : weights(static_cast<std::size_t>(std::visit([](const auto& o) { return o.size(); }, outer))),
      bias(static_cast<std::size_t>(padded_columns(biases))) {}

void GradientSums::take(const OuterProduct& outer, const ConvLayer& shape, float* weight, std::int64_t biases,
                        float* to_bias) {
  const std::int64_t taps = shape.taps();
  const std::int64_t columns = padded_columns(shape.out_channels);
  std::vector<float> of_taps(static_cast<std::size_t>(taps * columns));
  for (std::int64_t i = 0; i < shape.in_channels; ++i) {
    std::visit([&](const auto& o) { o.read(weights.data(), i, of_taps.data()); }, outer);
    for (std::int64_t o = 0; o < shape.out_channels; ++o) {
      float* const to = weight + (o * shape.in_channels + i) * taps;
      for (std::int64_t tap = 0; tap < taps; ++tap) to[tap] += of_taps[static_cast<std::size_t>(tap * columns + o)];
    }
  }
  for (std::int64_t n = 0; n < biases; ++n) to_bias[n] += bias.data()[n];
  std::fill_n(weights.data(), weights.size(), 0.0F);
  std::fill_n(bias.data(), bias.size(), 0.0F);
}

}  // namespace cebm::kernels::cpu
