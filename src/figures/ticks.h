/// Axis limits, tick positions and their labels. Internal to src/figures.
#pragma once

#include <string>
#include <vector>

namespace cebm {

struct Range {
  double low = 0.0;
  double high = 1.0;
};

struct Tick {
  double value;
  std::string label;
};

/// The range widened where it is empty or too narrow for doubles to tell its ticks apart.
Range widen(Range range);

/// About `count` ticks inside `range` at multiples of 1, 2 or 5 times a power of ten. All labels share one unit
/// (k, M, G, T) and number of decimals; very large and very small numbers are written as 1.5e-7.
std::vector<Tick> nice_ticks(Range range, int count);

/// The powers of ten inside a range of logarithms, at most about eight of them.
std::vector<Tick> decade_ticks(Range range);

}  // namespace cebm
