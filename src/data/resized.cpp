#include <ATen/Parallel.h>
#include <cebm/dataset.h>

#include <stdexcept>

#include "data/picture.h"

namespace cebm {

namespace {

/// [C, H, W] bytes as a picture with the wanted channels: luminance of a colour, a grey repeated.
Picture as_picture(const torch::Tensor& image, std::int64_t channels) {
  torch::Tensor pixels = image;
  if (image.size(0) == 3 && channels == 1) {
    const torch::Tensor luminance = torch::tensor({0.299F, 0.587F, 0.114F}).view({3, 1, 1});
    pixels = (image.to(torch::kFloat) * luminance).sum(0, /*keepdim=*/true).round().to(torch::kUInt8);
  } else if (image.size(0) != channels) {
    pixels = image.expand({channels, -1, -1});
  }
  pixels = pixels.permute({1, 2, 0}).contiguous();
  const auto* const bytes = pixels.const_data_ptr<std::uint8_t>();
  return {image.size(2), image.size(1), channels, {bytes, bytes + pixels.numel()}};
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
  const torch::Tensor rows = torch::empty({data.size(), shape.height, shape.width, shape.channels}, torch::kUInt8);
  at::parallel_for(0, data.size(), /*grain_size=*/64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const Picture picture = as_picture(data.images[i], shape.channels);
      const Box whole = fitted_box(picture.height, picture.width, shape, Fit::stretch);
      resample(picture, whole, shape.height, shape.width, rows[i].data_ptr<std::uint8_t>());
    }
  });
  result.images = rows.permute({0, 3, 1, 2});
  return result;
}

}  // namespace cebm
