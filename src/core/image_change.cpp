#include "core/image_change.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace cebm {

namespace {

/// The random numbers of an image's change are the 64-bit words kFirstWord + i of its chain, beyond the pixels' noise.
constexpr std::uint32_t kFirstWord = 1U << 31U;

enum Draw : std::uint32_t { changed, scale, aspect, centre_x, centre_y, angle, flip, gain, offset, first_color };

class ChangeDraws {
 public:
  ChangeDraws(RandomKey key, std::int64_t id) : key_(key), chain_(static_cast<std::uint32_t>(id)) {}
  double between(std::uint32_t which, double low, double high) const { return low + (high - low) * unit(which); }
  bool happens(Draw which, double probability) const { return unit(which) < probability; }

 private:
  double unit(std::uint32_t which) const { return random_unit(key_, chain_, kFirstWord + which); }

  RandomKey key_;
  std::uint32_t chain_;
};

void draw_shades(ImageChange& change, const ChangeDraws& draws, const AugmentationOptions& options) {
  const double factor = draws.between(gain, options.intensity_min, options.intensity_max);
  const double lift = draws.between(offset, -options.brightness, options.brightness);
  const double limit = std::log(options.color);
  for (std::size_t c = 0; c < change.shades.size(); ++c) {
    const double color = std::exp(draws.between(first_color + static_cast<std::uint32_t>(c), -limit, limit));
    const double all = factor * color;
    change.shades[c] = {static_cast<float>(all), static_cast<float>(all - 1.0 + lift)};
    if (all != 1.0 || lift != 0.0) change.bound = 1.0F;
  }
}

void draw_warp(ImageChange& change, const ChangeDraws& draws, double height, double width,
               const AugmentationOptions& options) {
  const double share = draws.between(scale, options.crop_scale_min, options.crop_scale_max);
  const double limit = std::log(options.aspect);
  const double proportions = std::exp(draws.between(aspect, -limit, limit));
  const double wide = std::sqrt(share * proportions);
  const double high = std::sqrt(share / proportions);
  const double side = draws.happens(flip, options.flip_probability) ? -1.0 : 1.0;
  const double turn = draws.between(angle, -options.rotation, options.rotation) * std::numbers::pi / 180.0;
  // The crop lies anywhere in the image; if it is larger, the image lies anywhere in the crop.
  const double x = width / 2.0 * (1.0 + draws.between(centre_x, -1.0, 1.0) * std::abs(1.0 - wide));
  const double y = height / 2.0 * (1.0 + draws.between(centre_y, -1.0, 1.0) * std::abs(1.0 - high));
  const double xc = std::cos(turn) * wide * side;
  const double xr = -std::sin(turn) * high;
  const double yc = std::sin(turn) * wide * side;
  const double yr = std::cos(turn) * high;
  change.xc = static_cast<float>(xc);
  change.xr = static_cast<float>(xr);
  change.x0 = static_cast<float>(x - xc * width / 2.0 - xr * height / 2.0);
  change.yc = static_cast<float>(yc);
  change.yr = static_cast<float>(yr);
  change.y0 = static_cast<float>(y - yc * width / 2.0 - yr * height / 2.0);
}

ImageChange draw_change(const ChangeDraws& draws, ImageShape image, const AugmentationOptions& options) {
  ImageChange change;
  change.shades.resize(static_cast<std::size_t>(image.channels));
  change.bound = std::numeric_limits<float>::infinity();
  if (!draws.happens(changed, options.probability)) return change;
  draw_warp(change, draws, static_cast<double>(image.height), static_cast<double>(image.width), options);
  draw_shades(change, draws, options);
  change.noise_std = static_cast<float>(options.noise_std);
  return change;
}

}  // namespace

std::vector<ImageChange> draw_changes(const torch::Tensor& ids, ImageShape image, const AugmentationOptions& options,
                                      RandomKey key) {
  std::vector<ImageChange> changes(static_cast<std::size_t>(ids.size(0)));
  const auto* const id = ids.const_data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < changes.size(); ++i) {
    changes[i] = draw_change(ChangeDraws(key, id[i]), image, options);
  }
  return changes;
}

}  // namespace cebm
