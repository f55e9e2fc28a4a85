/// Positions of all parts of a chart, in units of the drawing. Internal to src/figures.
#pragma once

#include <cebm/report.h>

#include <string>
#include <vector>

#include "figures/svg.h"
#include "figures/ticks.h"

namespace cebm {

struct Label {
  Point at;  ///< on the baseline
  std::string text;
};

struct ChartLayout {
  double width = 0.0;
  double height = 0.0;
  double left = 0.0, top = 0.0, right = 0.0, bottom = 0.0;  ///< the plot's frame
  Label title, x_label, y_label;                            ///< anchored at the left end; x_label at the right end
  std::vector<Label> x_ticks;                               ///< centred at the tick, below the frame
  std::vector<Label> y_ticks;                               ///< anchored at the right end, left of the frame
  std::vector<double> x_lines, y_lines;                     ///< grid lines
  std::vector<Label> legend;                                ///< one per curve; the swatch is to the left of the text
  std::vector<std::vector<Polyline>> curves;                ///< each in pieces, split at points that were left out
  bool empty = true;                                        ///< there was no finite point
};

inline constexpr double kChartWidth = 480.0;
inline constexpr double kPlotHeight = 210.0;
inline constexpr double kSwatchWidth = 16.0;
inline constexpr double kSwatchGap = 6.0;

/// Throws std::invalid_argument on a curve with more x than y, or fewer.
ChartLayout lay_out(const Chart& chart);

}  // namespace cebm
