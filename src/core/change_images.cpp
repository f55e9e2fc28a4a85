#include <ATen/ops/affine_grid_generator.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/grid_sampler.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>

#include "core/image_change.h"
#include "core/upload.h"

namespace cebm {

namespace {

/// The two pixels on either side of a position, and the weight of the second in their interpolation; beyond the edge
/// the edge pixel has the whole weight.
struct Neighbors {
  Neighbors(float place, std::int64_t size) {
    const float inside = std::clamp(place - 0.5F, 0.0F, static_cast<float>(size - 1));
    const float below = std::floor(inside);
    first = static_cast<std::int64_t>(below);
    second = std::min(first + 1, size - 1);
    share = inside - below;
  }
  std::int64_t first, second;
  float share;
};

/// Applies `change` to one image [H, W, C].
void change_image(const float* from, float* to, std::int64_t height, std::int64_t width, std::int64_t channels,
                  const ImageChange& change) {
  for (std::int64_t row = 0; row < height; ++row) {
    for (std::int64_t column = 0; column < width; ++column) {
      const float c = static_cast<float>(column) + 0.5F;
      const float r = static_cast<float>(row) + 0.5F;
      const Neighbors x(change.xc * c + change.xr * r + change.x0, width);
      const Neighbors y(change.yc * c + change.yr * r + change.y0, height);
      const float* const top = from + y.first * width * channels;
      const float* const bottom = from + y.second * width * channels;
      for (std::int64_t i = 0; i < channels; ++i) {
        const float above = (1.0F - x.share) * top[x.first * channels + i] + x.share * top[x.second * channels + i];
        const float below =
            (1.0F - x.share) * bottom[x.first * channels + i] + x.share * bottom[x.second * channels + i];
        const float value = (1.0F - y.share) * above + y.share * below;
        const ImageChange::Shade& shade = change.shades[static_cast<std::size_t>(i)];
        *to++ = std::clamp(shade.gain * value + shade.offset, -change.bound, change.bound);
      }
    }
  }
}

/// The values that `f` appends for each change, as [B, size...] on the images' device.
template <class Function>
torch::Tensor of_changes(const std::vector<ImageChange>& changes, torch::IntArrayRef size, const torch::Tensor& images,
                         const Function& f) {
  std::vector<float> values;
  for (const ImageChange& change : changes) f(change, values);
  std::vector<std::int64_t> shape{std::ssize(changes)};
  shape.insert(shape.end(), size.begin(), size.end());
  return uploaded(at::tensor(values), images.device()).view(shape);
}

}  // namespace

torch::Tensor change_by_loops(const torch::Tensor& images, const std::vector<ImageChange>& changes) {
  torch::Tensor result = at::empty_like(images);
  const std::int64_t pixels = images.numel() / std::max<std::int64_t>(images.size(0), 1);
  const auto* const from = images.const_data_ptr<float>();
  auto* const to = result.data_ptr<float>();
#pragma omp parallel for schedule(static)
  for (std::int64_t b = 0; b < images.size(0); ++b) {
    change_image(from + b * pixels, to + b * pixels, images.size(2), images.size(3), images.size(1),
                 changes[static_cast<std::size_t>(b)]);
  }
  return result;
}

torch::Tensor change_by_tensors(const torch::Tensor& images, const std::vector<ImageChange>& changes) {
  const auto height = static_cast<float>(images.size(2));
  const auto width = static_cast<float>(images.size(3));
  // LibTorch's coordinates go from -1 to 1 between the outer edges.
  const torch::Tensor theta = of_changes(changes, {2, 3}, images, [&](const ImageChange& c, std::vector<float>& all) {
    const float xr = c.xr * height / width;
    const float yc = c.yc * width / height;
    for (const float value :
         {c.xc, xr, c.xc + xr + 2.0F * c.x0 / width - 1.0F, yc, c.yr, yc + c.yr + 2.0F * c.y0 / height - 1.0F}) {
      all.push_back(value);
    }
  });
  const auto of_channels = [&](float ImageChange::Shade::*member) {
    return of_changes(changes, {images.size(1), 1, 1}, images, [&](const ImageChange& c, std::vector<float>& all) {
      for (const ImageChange::Shade& shade : c.shades) all.push_back(shade.*member);
    });
  };
  constexpr std::int64_t kBilinear = 0;
  constexpr std::int64_t kNearestBeyondTheEdge = 1;
  const torch::Tensor grid = at::affine_grid_generator(theta, images.sizes(), /*align_corners=*/false);
  const torch::Tensor warped =
      at::grid_sampler(images, grid, kBilinear, kNearestBeyondTheEdge, /*align_corners=*/false);
  const torch::Tensor bound = of_changes(changes, {1, 1, 1}, images,
                                         [](const ImageChange& c, std::vector<float>& all) { all.push_back(c.bound); });
  return (warped * of_channels(&ImageChange::Shade::gain) + of_channels(&ImageChange::Shade::offset))
      .clamp(-bound, bound)
      .contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace cebm
