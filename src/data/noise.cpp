#include <algorithm>

#include "data/drawn.h"
#include "data/rows.h"

namespace cebm {

namespace {

constexpr std::int64_t kNoiseBlock = 256;  // images drawn at a time, as floats

/// Every byte is uniform on 0 .. 255.
torch::Tensor draw_noise(const Drawing& drawing) {
  const ImageShape shape = drawing.shape;
  const torch::Tensor images = at::empty({drawing.count, shape.channels, shape.height, shape.width},
                                         at::TensorOptions(at::kByte).memory_format(at::MemoryFormat::ChannelsLast));
  for (std::int64_t begin = 0; begin < drawing.count; begin += kNoiseBlock) {
    const std::int64_t size = std::min(kNoiseBlock, drawing.count - begin);
    const torch::Tensor block = uniform({size, shape.channels, shape.height, shape.width}, drawing.key, 0.0F, 1.0F,
                                        static_cast<std::uint32_t>(begin));
    images.narrow(0, begin, size).copy_(block.mul_(256.0));  // exact, and below 256
  }
  return images;
}

}  // namespace

DatasetEntry noise() {
  return drawn_entry(DrawnSet::noise, "noise", "uniform noise, drawn at random, in any size", draw_noise);
}

}  // namespace cebm
