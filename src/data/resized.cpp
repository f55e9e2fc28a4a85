#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <cebm/dataset.h>

#include <stdexcept>

namespace cebm {

namespace {

/// Images converted at a time: floats take four times the memory of bytes.
constexpr std::int64_t kTogether = 4096;

torch::Tensor with_channels(const torch::Tensor& images, std::int64_t channels) {
  if (images.size(1) == channels) return images;
  if (images.size(1) == 1) return images.expand({-1, channels, -1, -1});
  if (images.size(1) != 3 || channels != 1) {
    throw std::invalid_argument("resized: expected grey or RGB images, found " + std::to_string(images.size(1)) +
                                " channels for " + std::to_string(channels));
  }
  const torch::Tensor luminance = torch::tensor({0.299F, 0.587F, 0.114F}).view({1, 3, 1, 1});
  return (images * luminance).sum(1, /*keepdim=*/true);
}

}  // namespace

Dataset resized(const Dataset& data, ImageShape shape) {
  if (data.image_shape() == shape) return data;
  Dataset result = data;
  result.images = torch::empty({data.size(), shape.channels, shape.height, shape.width}, torch::kUInt8);
  for (std::int64_t begin = 0; begin < data.size(); begin += kTogether) {
    const std::int64_t size = std::min(kTogether, data.size() - begin);
    const torch::Tensor part = with_channels(data.images.narrow(0, begin, size).to(torch::kFloat), shape.channels);
    const torch::Tensor scaled =
        at::_upsample_bilinear2d_aa(part.contiguous(), {shape.height, shape.width}, /*align_corners=*/false);
    result.images.narrow(0, begin, size).copy_(scaled.round().clamp(0, 255));
  }
  return result;
}

}  // namespace cebm
