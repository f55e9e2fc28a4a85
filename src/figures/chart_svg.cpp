#include <cebm/report.h>

#include "figures/chart_layout.h"

namespace cebm {

namespace {

/// Lines of at most this many points show a dot at each.
constexpr std::size_t kMostDots = 12;

/// Colours repeat after six curves, then in thin lines.
std::string curve_class(std::size_t index) {
  const std::string name = "c" + std::to_string(index % kCurveColors.size());
  return index < kCurveColors.size() ? name : name + " thin";
}

void draw_curve(Svg& svg, const std::vector<Polyline>& lines, const std::string& color) {
  for (const Polyline& line : lines) {
    if (line.size() > 1) svg.polyline(line, color);
    if (line.size() > kMostDots) continue;
    // A line of zero length with round ends is drawn as a dot.
    for (const Point& point : line) svg.polyline({point, point}, color + " dot");
  }
}

}  // namespace

std::string chart_svg(const Chart& chart) {
  const ChartLayout layout = lay_out(chart);
  Svg svg(layout.width, layout.height, chart.title);
  svg.text(layout.title.at, layout.title.text, "ink title");
  svg.text(layout.y_label.at, layout.y_label.text);
  svg.text(layout.x_label.at, layout.x_label.text, "end");
  for (const double x : layout.x_lines) svg.line({x, layout.top}, {x, layout.bottom}, "grid");
  for (const double y : layout.y_lines) svg.line({layout.left, y}, {layout.right, y}, "grid");
  svg.line({layout.left, layout.bottom}, {layout.right, layout.bottom}, "axis");
  for (const Label& label : layout.x_ticks) svg.text(label.at, label.text, "mid");
  for (const Label& label : layout.y_ticks) svg.text(label.at, label.text, "end");
  for (std::size_t i = 0; i < layout.curves.size(); ++i) {
    draw_curve(svg, layout.curves[i], curve_class(i));
    const Label& label = layout.legend[i];
    const Point swatch{label.at.x - kSwatchGap - kSwatchWidth, label.at.y - 4.0};
    svg.polyline({swatch, {swatch.x + kSwatchWidth, swatch.y}}, curve_class(i));
    svg.text(label.at, label.text, "ink");
  }
  if (layout.empty) svg.text({(layout.left + layout.right) / 2, (layout.top + layout.bottom) / 2}, "no data", "mid");
  return svg.document();
}

std::string chart_file(const Chart& chart) {
  std::string name;
  for (const char c : chart.title) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter)
      name += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  if (name.ends_with('_')) name.pop_back();
  return (name.empty() ? "chart" : name) + ".svg";
}

}  // namespace cebm
