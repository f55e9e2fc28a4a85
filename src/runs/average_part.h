// The checkpoint's part that holds the moving average of the weights.
#pragma once

namespace cebm {

inline constexpr const char* kAveragePart = "ema";

}  // namespace cebm
