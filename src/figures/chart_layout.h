/// Where everything of a chart goes, in units of the drawing. Internal to src/report.
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
  Label title, x_label, y_label;                            ///< at their left ends; x_label at its right end
  std::vector<Label> x_ticks;                               ///< centred at the tick, below the frame
  std::vector<Label> y_ticks;                               ///< their right ends, beside the frame
  std::vector<double> x_lines, y_lines;                     ///< grid lines
  std::vector<Label> legend;                                ///< one a curve; the swatch is to the left of the text
  std::vector<std::vector<Polyline>> curves;                ///< pieces between points that were left out
  bool empty = true;                                        ///< there was no finite point
};

inline constexpr double kChartWidth = 480.0;
inline constexpr double kPlotHeight = 210.0;
inline constexpr double kSwatchWidth = 16.0;
inline constexpr double kSwatchGap = 6.0;

/// Throws std::invalid_argument on a curve with more x than y, or fewer.
ChartLayout lay_out(const Chart& chart);

}  // namespace cebm
