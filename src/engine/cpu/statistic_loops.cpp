#include "engine/cpu/statistic_loops.h"

#include <algorithm>
#include <cmath>

namespace cebm {

namespace {

struct Slope {
  float value, derivative;
};

Slope same(float n) { return {n, 1.0F}; }

Slope square(float n) { return {n * n, 2.0F * n}; }

Slope minus_square(float n) { return {-n * n, -2.0F * n}; }

Slope minus_softplus(float n) {
  const float value = std::max(n, 0.0F) + std::log1p(std::exp(-std::abs(n)));
  return {-value, -1.0F / (1.0F + std::exp(-n))};
}

Slope plus_softplus(float n) {
  const Slope minus = minus_softplus(n);
  return {-minus.value, -minus.derivative};
}

template <Slope (*map)(float)>
void each(const float* n, std::int64_t count, float* value, float* derivative) {
  for (std::int64_t i = 0; i < count; ++i) {
    const Slope slope = map(n[i]);
    value[i] = slope.value;
    derivative[i] = slope.derivative;
  }
}

struct Row {
  const char* name;
  StatisticLoop loop;
};

constexpr Row kLoops[] = {{"identity", each<same>},
                          {"negative_square", each<minus_square>},
                          {"negative_softplus", each<minus_softplus>},
                          {"square", each<square>},
                          {"softplus", each<plus_softplus>}};

}  // namespace

StatisticLoop statistic_loop(const StatisticMap& map) {
  for (const StatisticMap& known : statistic_maps()) {
    if (known.value != map.value) continue;
    for (const Row& row : kLoops) {
      if (known.name == row.name) return row.loop;
    }
  }
  return nullptr;
}

}  // namespace cebm
