#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "data/picture.h"

namespace cebm {

namespace {

/// The largest centred part with the proportions of height x width, in whole pixels.
torch::Tensor centre_of(const torch::Tensor& images, std::int64_t height, std::int64_t width) {
  const double scale = std::min(static_cast<double>(images.size(2)) / static_cast<double>(height),
                                static_cast<double>(images.size(3)) / static_cast<double>(width));
  const auto rows = std::max<std::int64_t>(1, std::llround(scale * static_cast<double>(height)));
  const auto columns = std::max<std::int64_t>(1, std::llround(scale * static_cast<double>(width)));
  return images.narrow(2, (images.size(2) - rows) / 2, rows).narrow(3, (images.size(3) - columns) / 2, columns);
}

}  // namespace

torch::Tensor resample(const torch::Tensor& images, std::int64_t height, std::int64_t width, Fit fit) {
  const torch::Tensor part = fit == Fit::crop ? centre_of(images, height, width) : images;
  return at::_upsample_bilinear2d_aa(part.to(at::kFloat), {height, width}, /*align_corners=*/false)
      .add_(0.5)
      .clamp_(0.0, 255.0)
      .to(at::kByte);
}

torch::Tensor read_picture(const std::filesystem::path& file, ImageShape shape, Fit fit) {
  Picture picture = decode_picture(file, shape.channels);
  const torch::Tensor pixels =
      at::from_blob(picture.pixels.data(), {1, picture.height, picture.width, picture.channels}, at::kByte);
  return resample(pixels.permute({0, 3, 1, 2}), shape.height, shape.width, fit);
}

}  // namespace cebm
