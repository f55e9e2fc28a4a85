// Colours for numbers. Internal to src/figures.
#pragma once

#include <cstdint>

namespace cebm {

/// From dark blue over teal to yellow, 0xrrggbb: CIELAB lightness rises evenly with `value` in [0, 1], clamped.
std::uint32_t map_color(double value);

/// Relative luminance of an sRGB colour in [0, 1] (WCAG 2.1).
double luminance(std::uint32_t color);

/// 0x111111 or white, whichever stands out more.
std::uint32_t ink_on(std::uint32_t background);

}  // namespace cebm
