/// Where everything of a chart goes, in units of the drawing; shared by the SVG and the picture. Internal to src/io.
#pragma once

#include <cebm/report.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "io/ticks.h"

namespace cebm {

struct Point {
  double x;
  double y;
};
using Polyline = std::vector<Point>;

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

/// Width of `text` in the font of ticks, labels and legend.
using TextWidth = std::function<double(const std::string& text)>;
ChartLayout lay_out(const Chart& chart, const TextWidth& text_width);

/// Colours that readers with any colour vision can tell apart (after Okabe and Ito), for light and dark pages.
struct CurveColor {
  std::uint32_t light;
  std::uint32_t dark;
};
inline constexpr std::array<CurveColor, 6> kCurveColors{{{0x0072b2, 0x56b4e9},
                                                         {0xd55e00, 0xff9a4d},
                                                         {0x009e73, 0x2fd0a5},
                                                         {0xcc79a7, 0xe6a3c8},
                                                         {0xb8860b, 0xf0e442},
                                                         {0x4d4d4d, 0xc8c8c8}}};

}  // namespace cebm
