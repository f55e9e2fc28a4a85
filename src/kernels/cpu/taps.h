// A layer's weights tap by tap, as products take them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/cpu/conv_layer.h"

namespace cebm::kernels::cpu {

/// Some channels of a layer, whose weights are packed by one thread.
struct Channels {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// weight[:][i] or weight[o][:] of a layer for every tap, with the channels side by side.
class Taps {
 public:
  explicit Taps(const ConvLayer& layer)
      : layer_(layer),
        most_(std::max(layer.in_channels, layer.out_channels)),
        rows_(static_cast<std::size_t>(layer.taps() * most_)) {}

  void load_input(std::int64_t i) {
    load(layer_.weight + i * layer_.taps(), layer_.in_channels * layer_.taps(), layer_.out_channels);
  }
  void load_output(std::int64_t o) {
    load(layer_.weight + o * layer_.in_channels * layer_.taps(), layer_.taps(), layer_.in_channels);
  }
  /// The weights of tap (y, x) for the channel loaded last.
  const float* operator()(std::int64_t y, std::int64_t x) const {
    return rows_.data() + (y * layer_.window.kernel.width + x) * most_;
  }

 private:
  void load(const float* from, std::int64_t stride, std::int64_t count) {
    const std::int64_t taps = layer_.taps();
    for (std::int64_t n = 0; n < count; ++n, from += stride) {
      for (std::int64_t tap = 0; tap < taps; ++tap) rows_[static_cast<std::size_t>(tap * most_ + n)] = from[tap];
    }
  }

  const ConvLayer& layer_;
  std::int64_t most_;
  std::vector<float> rows_;
};

/// Calls visit(y, x) for every position of an extent, in row-major order.
template <class Visit>
void for_places(Extent extent, const Visit& visit) {
  for (std::int64_t y = 0; y < extent.height; ++y) {
    for (std::int64_t x = 0; x < extent.width; ++x) visit(y, x);
  }
}

}  // namespace cebm::kernels::cpu
