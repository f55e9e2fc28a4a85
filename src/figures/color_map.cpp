#include "figures/color_map.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace cebm {

namespace {

/// Lightness 14, 23.75, ... 92 with the hue going from 305 to 98 degrees.
constexpr std::array<std::uint32_t, 9> kAnchors{0x24165c, 0x0f3968, 0x145475, 0x1b6f84, 0x228c90,
                                                0x29aa91, 0x43c974, 0xa5de5a, 0xfdeb4e};
constexpr std::uint32_t kDarkInk = 0x111111;
constexpr std::uint32_t kLightInk = 0xffffff;

int color_channel(std::uint32_t color, int index) { return static_cast<int>(color >> (8 * index)) & 0xff; }

double linear(int value) {
  const double c = value / 255.0;
  return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

double contrast(double a, double b) { return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05); }

}  // namespace

std::uint32_t map_color(double value) {
  const double place = std::clamp(value, 0.0, 1.0) * (kAnchors.size() - 1);
  const std::size_t below = std::min(static_cast<std::size_t>(place), kAnchors.size() - 2);
  const double part = place - static_cast<double>(below);
  std::uint32_t color = 0;
  for (int i = 2; i >= 0; --i) {
    const int low = color_channel(kAnchors[below], i);
    const int high = color_channel(kAnchors[below + 1], i);
    color = color << 8 | static_cast<std::uint32_t>(std::lround(low + part * (high - low)));
  }
  return color;
}

double luminance(std::uint32_t color) {
  return 0.2126 * linear(color_channel(color, 2)) + 0.7152 * linear(color_channel(color, 1)) +
         0.0722 * linear(color_channel(color, 0));
}

std::uint32_t ink_on(std::uint32_t background) {
  const double ground = luminance(background);
  return contrast(ground, luminance(kDarkInk)) > contrast(ground, luminance(kLightInk)) ? kDarkInk : kLightInk;
}

}  // namespace cebm
