#include <algorithm>
#include <cmath>
#include <vector>

#include "data/picture.h"

namespace cebm {

namespace {

/// Which pixels one value is made of, along one axis.
struct Taps {
  std::int64_t first = 0;
  std::vector<float> weights;
};

/// Taps of each of `count` values that share the interval [start, start + length) of `available` pixels.
std::vector<Taps> triangle_taps(std::int64_t available, double start, double length, std::int64_t count) {
  const double scale = length / static_cast<double>(count);
  const double half_width = std::max(scale, 1.0);
  std::vector<Taps> all;
  for (std::int64_t i = 0; i < count; ++i) {
    const double centre = start + (static_cast<double>(i) + 0.5) * scale;
    const auto first = std::clamp<std::int64_t>(std::llround(centre - half_width), 0, available - 1);
    const auto end = std::clamp<std::int64_t>(std::llround(centre + half_width), first + 1, available);
    std::vector<double> weights;
    double total = 0.0;
    for (std::int64_t pixel = first; pixel < end; ++pixel) {
      weights.push_back(std::max(0.0, 1.0 - std::abs(static_cast<double>(pixel) + 0.5 - centre) / half_width));
      total += weights.back();
    }
    Taps taps{first, {}};
    for (const double weight : weights) taps.weights.push_back(static_cast<float>(weight / total));
    all.push_back(std::move(taps));
  }
  return all;
}

std::uint8_t to_byte(float value) { return static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.0F, 255.0F)); }

}  // namespace

void resample(const Picture& picture, const Box& box, std::int64_t height, std::int64_t width, std::uint8_t* out) {
  const auto down = triangle_taps(picture.height, box.top, box.height, height);
  const auto across = triangle_taps(picture.width, box.left, box.width, width);
  const std::int64_t channels = picture.channels;
  const std::int64_t stride = picture.width * channels;
  // Only the columns that some value needs.
  const std::int64_t begin = across.front().first * channels;
  const std::int64_t end = (across.back().first + static_cast<std::int64_t>(across.back().weights.size())) * channels;
  std::vector<float> row(static_cast<std::size_t>(stride));
  for (const Taps& vertical : down) {
    std::fill(row.begin() + begin, row.begin() + end, 0.0F);
    for (std::size_t k = 0; k < vertical.weights.size(); ++k) {
      const std::uint8_t* const source =
          picture.pixels.data() + (vertical.first + static_cast<std::int64_t>(k)) * stride;
      const float weight = vertical.weights[k];
      for (std::int64_t i = begin; i < end; ++i) row[i] += weight * static_cast<float>(source[i]);
    }
    for (const Taps& horizontal : across) {
      for (std::int64_t c = 0; c < channels; ++c) {
        float value = 0.0F;
        for (std::size_t k = 0; k < horizontal.weights.size(); ++k) {
          value += horizontal.weights[k] * row[(horizontal.first + static_cast<std::int64_t>(k)) * channels + c];
        }
        *out++ = to_byte(value);
      }
    }
  }
}

Box fitted_box(std::int64_t picture_height, std::int64_t picture_width, ImageShape target, Fit fit) {
  const auto height = static_cast<double>(picture_height);
  const auto width = static_cast<double>(picture_width);
  if (fit == Fit::stretch) return {.left = 0.0, .top = 0.0, .width = width, .height = height};
  const auto target_height = static_cast<double>(target.height);
  const auto target_width = static_cast<double>(target.width);
  const double scale = std::min(height / target_height, width / target_width);
  const double kept_height = scale * target_height;
  const double kept_width = scale * target_width;
  return {
      .left = (width - kept_width) / 2, .top = (height - kept_height) / 2, .width = kept_width, .height = kept_height};
}

}  // namespace cebm
