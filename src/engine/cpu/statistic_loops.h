// Statistic maps as loops over float32 numbers.
#pragma once

#include <cebm/statistic_map.h>

#include <cstdint>

namespace cebm {

/// t and dt/dn of `count` numbers n.
using StatisticLoop = void (*)(const float* n, std::int64_t count, float* value, float* derivative);

/// Null for a map that is none of statistic_maps().
StatisticLoop statistic_loop(const StatisticMap& map);

}  // namespace cebm
