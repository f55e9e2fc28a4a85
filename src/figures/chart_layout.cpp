#include "figures/chart_layout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

namespace cebm {

namespace {

constexpr double kMargin = 12.0;
constexpr double kLineHeight = 18.0;
constexpr double kTitleBaseline = 22.0;
constexpr double kTickGap = 6.0;
constexpr double kHeadroom = 0.05;  // of the y range, above and below the curves
constexpr double kLargest = 1e300;  // so that no difference overflows

bool is_finite(double x, double y) { return std::isfinite(x) && std::isfinite(y); }
double bounded(double value) { return std::clamp(value, -kLargest, kLargest); }

struct Ranges {
  Range x, y;
  bool empty = true;
};

Ranges data_ranges(const Chart& chart) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Ranges ranges{{kInfinity, -kInfinity}, {kInfinity, -kInfinity}};
  const auto include = [](Range& range, double value) {
    range = {std::min(range.low, bounded(value)), std::max(range.high, bounded(value))};
  };
  for (const Curve& curve : chart.curves)
    for (std::size_t i = 0; i < curve.x.size(); ++i)
      if (is_finite(curve.x[i], curve.y[i])) {
        include(ranges.x, curve.x[i]);
        include(ranges.y, curve.y[i]);
        ranges.empty = false;
      }
  if (ranges.empty) return {};
  ranges.x = widen(ranges.x);
  ranges.y = widen(ranges.y);
  const double headroom = kHeadroom * (ranges.y.high - ranges.y.low);
  ranges.y = {ranges.y.low - headroom, ranges.y.high + headroom};
  return ranges;
}

/// Widens a range of logarithms to whole powers of ten.
Range whole_decades(Range range) {
  const double low = std::floor(range.low);
  return {low, std::max(std::ceil(range.high), low + 1.0)};
}

/// Keeps the first, lowest, highest and last point of each run of points in one column of the drawing: the line looks
/// the same, and its size depends on the drawing's width alone.
Polyline thin(const Polyline& line) {
  constexpr double kColumn = 1.0;
  Polyline result;
  for (std::size_t begin = 0; begin < line.size();) {
    const double column = std::floor(line[begin].x / kColumn);
    std::size_t end = begin + 1;
    while (end < line.size() && std::floor(line[end].x / kColumn) == column) ++end;
    const auto by_y = [&](std::size_t a, std::size_t b) { return line[a].y < line[b].y; };
    std::size_t low = begin;
    std::size_t high = begin;
    for (std::size_t i = begin; i < end; ++i) {
      low = std::min(low, i, by_y);
      high = std::max(high, i, by_y);
    }
    std::array<std::size_t, 4> kept{begin, std::min(low, high), std::max(low, high), end - 1};
    const auto* last = std::unique(kept.begin(), kept.end());
    for (const auto* index = kept.begin(); index != last; ++index) result.push_back(line[*index]);
    begin = end;
  }
  return result;
}

std::vector<Polyline> pieces(const Curve& curve, const std::function<Point(double, double)>& to_drawing) {
  std::vector<Polyline> lines(1);
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    if (is_finite(curve.x[i], curve.y[i]))
      lines.back().push_back(to_drawing(bounded(curve.x[i]), bounded(curve.y[i])));
    else if (!lines.back().empty())
      lines.emplace_back();
  }
  if (lines.back().empty()) lines.pop_back();
  std::ranges::transform(lines, lines.begin(), thin);
  return lines;
}

/// Entries from left to right, in as many lines as they need; returns the last baseline.
double lay_out_legend(const Chart& chart, double baseline, std::vector<Label>& legend) {
  double x = kMargin;
  for (const Curve& curve : chart.curves) {
    const double entry = kSwatchWidth + kSwatchGap + text_width(curve.name);
    if (x > kMargin && x + entry > kChartWidth - kMargin) {
      x = kMargin;
      baseline += kLineHeight;
    }
    legend.push_back({{x + kSwatchWidth + kSwatchGap, baseline}, curve.name});
    x += entry + 1.5 * kSwatchWidth;
  }
  return baseline;
}

}  // namespace

ChartLayout lay_out(const Chart& given) {
  Chart chart = given;
  for (Curve& curve : chart.curves) {
    if (curve.x.size() != curve.y.size())
      throw std::invalid_argument("chart '" + chart.title + "', curve '" + curve.name + "': " +
                                  std::to_string(curve.x.size()) + " x for " + std::to_string(curve.y.size()) + " y");
    if (chart.log_x) std::ranges::transform(curve.x, curve.x.begin(), [](double x) { return std::log10(x); });
  }
  Ranges ranges = data_ranges(chart);
  if (chart.log_x) ranges.x = whole_decades(ranges.x);
  ChartLayout layout;
  layout.empty = ranges.empty;
  layout.width = kChartWidth;
  layout.title = {{kMargin, kTitleBaseline}, chart.title};
  double baseline = kTitleBaseline;
  if (!chart.curves.empty()) baseline = lay_out_legend(chart, baseline + kLineHeight + 2.0, layout.legend);
  if (!chart.y_label.empty()) baseline += kLineHeight + 4.0;
  layout.y_label = {{kMargin, baseline}, chart.y_label};
  layout.top = baseline + 13.0;
  layout.bottom = layout.top + kPlotHeight;

  const std::vector<Tick> y_ticks = nice_ticks(ranges.y, 5);
  double label_width = 0.0;
  for (const Tick& tick : y_ticks) label_width = std::max(label_width, text_width(tick.label));
  layout.left = kMargin + label_width + kTickGap;
  layout.right = kChartWidth - 1.5 * kMargin;
  layout.x_label = {{layout.right, layout.bottom + 2.0 * kLineHeight}, chart.x_label};
  layout.height = layout.bottom + 2.0 * kLineHeight + 10.0;

  const auto scale = [](double value, Range range, double from, double to) {
    return from + (value - range.low) / (range.high - range.low) * (to - from);
  };
  const auto to_x = [&](double x) { return scale(x, ranges.x, layout.left, layout.right); };
  const auto to_y = [&](double y) { return scale(y, ranges.y, layout.bottom, layout.top); };
  for (const Tick& tick : y_ticks) {
    layout.y_lines.push_back(to_y(tick.value));
    layout.y_ticks.push_back({{layout.left - kTickGap, to_y(tick.value) + 4.0}, tick.label});
  }
  for (const Tick& tick : chart.log_x ? decade_ticks(ranges.x) : nice_ticks(ranges.x, 6)) {
    layout.x_lines.push_back(to_x(tick.value));
    layout.x_ticks.push_back({{to_x(tick.value), layout.bottom + kLineHeight}, tick.label});
  }
  for (const Curve& curve : chart.curves)
    layout.curves.push_back(pieces(curve, [&](double x, double y) { return Point{to_x(x), to_y(y)}; }));
  return layout;
}

}  // namespace cebm
