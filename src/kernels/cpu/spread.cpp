#include "kernels/cpu/spread.h"

#include <algorithm>
#include <vector>

namespace cebm::kernels::cpu {

namespace {

/// Sends to [position][kernel][channels].
PackedProduct sending(const ConvKernels& kernels, Precision precision, const ConvLayer& layer,
                      const FeatureMap& outputs) {
  const std::int64_t columns = layer.taps() * layer.in_channels;
  PackedProduct product(kernels, precision, position_rows(outputs, padded_columns(columns)), columns);
  product.set_strides(outputs.numbers(), 0);
  return product;
}

}  // namespace

Spread::Spread(const ConvKernels& kernels, Precision precision, const ConvLayer& layer, const FeatureMap& images,
               const FeatureMap& outputs)
    : product_(sending(kernels, precision, layer, outputs)),
      images_(images),
      positions_(outputs.size),
      window_(layer.window) {}

void Spread::load(const ConvLayer& layer, Channels outputs) {
  Taps taps(layer);
  std::vector<float> row(static_cast<std::size_t>(layer.taps() * layer.in_channels));
  for (std::int64_t o = outputs.begin; o < outputs.end; ++o) {
    taps.load_output(o);
    auto to = row.begin();
    for_places(layer.window.kernel,
               [&](std::int64_t y, std::int64_t x) { to = std::copy_n(taps(y, x), layer.in_channels, to); });
    product_.set_weights(o, row.data());
  }
}

Spread::Scratch Spread::scratch() const {
  return {AlignedArray<float>(static_cast<std::size_t>(positions_.height * positions_.width * product_.columns())),
          AlignedArray<float>(static_cast<std::size_t>(images_.numbers()))};
}

void Spread::gather(Scratch& scratch, float* pixels) const {
  const std::int64_t run = window_.kernel.width * images_.channels;
  float* const sums = scratch.sums.data();
  std::fill_n(sums, images_.numbers(), 0.0F);
  const float* from = scratch.sent.data();
  for (std::int64_t y = 0; y < positions_.height; ++y) {
    for (std::int64_t x = 0; x < positions_.width; ++x, from += product_.columns()) {
      float* to = sums + images_.offset(y * window_.stride.height - window_.padding,
                                        x * window_.stride.width - window_.padding);
      for (std::int64_t tap = 0; tap < window_.kernel.height; ++tap, to += images_.row_stride()) {
        for (std::int64_t i = 0; i < run; ++i) to[i] += from[tap * run + i];
      }
    }
  }
  const std::int64_t row = images_.size.width * images_.channels;
  for (std::int64_t y = 0; y < images_.size.height; ++y, pixels += row) {
    std::copy_n(sums + images_.offset(y, 0), row, pixels);
  }
}

}  // namespace cebm::kernels::cpu
