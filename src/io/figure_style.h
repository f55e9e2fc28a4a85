/// What the drawn figures have in common. Internal to src/io.
#pragma once

#include <cstdint>

namespace cebm {

inline constexpr std::uint32_t kBackground = 0xffffff;
inline constexpr std::uint32_t kInk = 0x1b1f24;
inline constexpr std::uint32_t kMuted = 0x5b6470;
inline constexpr int kTextDot = 2;   ///< pixels to a dot of the bitmap font
inline constexpr int kTitleDot = 3;  ///< the same in titles

}  // namespace cebm
