#include <algorithm>

#include "data/drawn.h"
#include "data/rows.h"

namespace cebm {

namespace {

constexpr std::int64_t kGaussianBlock = 256;  // images drawn at a time, as floats

/// Every value is 255 times a number from N(0.5, 1), rounded and clamped to [0, 255].
torch::Tensor draw_gaussian_noise(const Drawing& drawing) {
  const ImageShape shape = drawing.shape;
  const torch::Tensor images = at::empty({drawing.count, shape.channels, shape.height, shape.width},
                                         at::TensorOptions(at::kByte).memory_format(at::MemoryFormat::ChannelsLast));
  for (std::int64_t begin = 0; begin < drawing.count; begin += kGaussianBlock) {
    const std::int64_t size = std::min(kGaussianBlock, drawing.count - begin);
    const torch::Tensor block =
        normal({size, shape.channels, shape.height, shape.width}, drawing.key, static_cast<std::uint32_t>(begin));
    images.narrow(0, begin, size).copy_(block.add_(0.5).mul_(255.0).round_().clamp_(0.0, 255.0));
  }
  return images;
}

}  // namespace

DatasetEntry gaussian_noise() {
  return drawn_entry(DrawnSet::gaussian_noise, "gaussian-noise",
                     "noise of mean 0.5 and deviation 1, cut to [0, 1] (Hendrycks and Gimpel 2017), in any size",
                     draw_gaussian_noise);
}

}  // namespace cebm
