#include <cebm/dataset.h>

#include <algorithm>
#include <stdexcept>

#include "data/picture.h"

namespace cebm {

namespace {

constexpr std::int64_t kImagesAtOnce = 1024;

/// Reduces RGB to its luminance, or repeats a grey channel.
torch::Tensor with_channels(const torch::Tensor& images, std::int64_t channels) {
  if (images.size(1) != 3 || channels != 1) return images.expand({-1, channels, -1, -1});
  const torch::Tensor luminance = torch::tensor({0.299F, 0.587F, 0.114F}).view({3, 1, 1});
  return (images.to(torch::kFloat) * luminance).sum(1, /*keepdim=*/true).round().to(torch::kUInt8);
}

}  // namespace

Dataset resized(const Dataset& data, ImageShape shape) {
  if (data.image_shape() == shape) return data;
  const std::int64_t channels = data.image_shape().channels;
  if (channels != shape.channels && channels != 1 && !(channels == 3 && shape.channels == 1)) {
    throw std::invalid_argument("resized: expected grey or RGB images, found " + data.image_shape().describe() +
                                " for " + shape.describe());
  }
  Dataset result = data;
  result.images = torch::empty({data.size(), shape.channels, shape.height, shape.width}, torch::kUInt8);
  for (std::int64_t first = 0; first < data.size(); first += kImagesAtOnce) {
    const std::int64_t count = std::min(kImagesAtOnce, data.size() - first);
    const torch::Tensor images = with_channels(data.images.narrow(0, first, count), shape.channels);
    result.images.narrow(0, first, count).copy_(resample(images, shape.height, shape.width, Fit::stretch));
  }
  return result;
}

}  // namespace cebm
