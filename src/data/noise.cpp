#include <algorithm>

#include "data/drawn.h"
#include "data/rows.h"

namespace cebm {

namespace {

/// The images in blocks: `fill(shape, key, first image)` gives a block's values in [0, 256), whose fractions are cut.
template <class Fill>
torch::Tensor drawn_in_blocks(const Drawing& drawing, const Fill& fill) {
  constexpr std::int64_t kBlock = 256;  // as floats they take four times the memory
  const auto [channels, height, width] = drawing.shape;
  const torch::Tensor images = at::empty({drawing.count, channels, height, width},
                                         at::TensorOptions(at::kByte).memory_format(at::MemoryFormat::ChannelsLast));
  for (std::int64_t begin = 0; begin < drawing.count; begin += kBlock) {
    const std::int64_t size = std::min(kBlock, drawing.count - begin);
    images.narrow(0, begin, size)
        .copy_(fill({size, channels, height, width}, drawing.key, static_cast<std::uint32_t>(begin)));
  }
  return images;
}

/// Every byte is uniform on 0 .. 255.
torch::Tensor draw_noise(const Drawing& drawing) {
  return drawn_in_blocks(drawing, [](torch::IntArrayRef shape, RandomKey key, std::uint32_t first) {
    return uniform(shape, key, 0.0F, 1.0F, first).mul_(256.0);  // exact, and below 256
  });
}

/// Every value is 255 times a number from N(0.5, 1), rounded and clamped to [0, 255].
torch::Tensor draw_gaussian_noise(const Drawing& drawing) {
  return drawn_in_blocks(drawing, [](torch::IntArrayRef shape, RandomKey key, std::uint32_t first) {
    return normal(shape, key, first).add_(0.5).mul_(255.0).round_().clamp_(0.0, 255.0);
  });
}

}  // namespace

DatasetEntry noise() {
  return drawn_entry(DrawnSet::noise, "noise", "uniform noise, drawn at random, in any size", draw_noise);
}

DatasetEntry gaussian_noise() {
  return drawn_entry(DrawnSet::gaussian_noise, "gaussian-noise",
                     "noise of mean 0.5 and deviation 1, cut to [0, 1] (Hendrycks and Gimpel 2017), in any size",
                     draw_gaussian_noise);
}

}  // namespace cebm
