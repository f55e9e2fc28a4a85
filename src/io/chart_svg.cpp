#include <cebm/report.h>

#include <array>
#include <cstdio>

#include "io/chart_layout.h"
#include "io/html_text.h"

namespace cebm {

namespace {

constexpr double kCharacterWidth = 6.6;  // mean of the usual sans-serif fonts at 12 px

constexpr const char* kStyle =
    ".cebm-chart{--ink:#1b1f24;--muted:#5b6470;--grid:#e3e7ec;--axis:#9aa4af;"
    "font:12px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}"
    "@media(prefers-color-scheme:dark){.cebm-chart{--ink:#e8ebef;--muted:#a2acb8;--grid:#2c333c;--axis:#5f6b78}}"
    ".cebm-chart text{fill:var(--muted)}.cebm-chart .title{fill:var(--ink);font-size:15px;font-weight:600}"
    ".cebm-chart .legend{fill:var(--ink)}.cebm-chart .grid{stroke:var(--grid)}.cebm-chart .axis{stroke:var(--axis)}"
    ".cebm-chart polyline{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round;opacity:.88}"
    ".cebm-chart .thin{stroke-width:.9}"
    ".cebm-chart .end{text-anchor:end}.cebm-chart .mid{text-anchor:middle}";

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

/// Code points, so that Greek letters count as one.
double estimated_width(const std::string& text) {
  double width = 0.0;
  for (const char c : text) width += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? kCharacterWidth : 0.0;
  return width;
}

std::string text_element(const Label& label, const std::string& style_class) {
  if (label.text.empty()) return "";
  return "<text class=\"" + style_class + "\" x=\"" + number(label.at.x) + "\" y=\"" + number(label.at.y) + "\">" +
         html_escape(label.text) + "</text>";
}

std::string line_element(Point from, Point to, const std::string& style_class) {
  return "<line class=\"" + style_class + "\" x1=\"" + number(from.x) + "\" y1=\"" + number(from.y) + "\" x2=\"" +
         number(to.x) + "\" y2=\"" + number(to.y) + "\"/>";
}

std::string color_rules() {
  std::string light;
  std::string dark;
  for (std::size_t i = 0; i < kCurveColors.size(); ++i) {
    const auto rule = [&](std::uint32_t color) {
      std::array<char, 64> text{};
      std::snprintf(text.data(), text.size(), ".cebm-chart .c%zu{stroke:#%06x}", i, color);
      return std::string(text.data());
    };
    light += rule(kCurveColors[i].light);
    dark += rule(kCurveColors[i].dark);
  }
  return light + "@media(prefers-color-scheme:dark){" + dark + "}";
}

/// Colours repeat after six curves, then in thin lines.
std::string curve_class(std::size_t index) {
  std::string name = "c";
  name += std::to_string(index % kCurveColors.size());
  return index < kCurveColors.size() ? name : name + " thin";
}

std::string polyline_element(const Polyline& line, std::size_t curve) {
  std::string points;
  for (const Point& point : line) points.append(number(point.x)).append(",").append(number(point.y)).append(" ");
  // A single point has no length; a round cap on a repeated point draws it as a dot.
  if (line.size() == 1) points += points;
  return "<polyline class=\"" + curve_class(curve) + "\"" + (line.size() == 1 ? " style=\"stroke-width:5\"" : "") +
         " points=\"" + points + "\"/>";
}

}  // namespace

std::string chart_svg(const Chart& chart) {
  const ChartLayout layout = lay_out(chart, estimated_width);
  const std::string size = number(layout.width) + " " + number(layout.height);
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"cebm-chart\" role=\"img\" viewBox=\"0 0 " +
                    size + "\" aria-label=\"" + html_escape(chart.title) + "\"><style>" + kStyle + color_rules() +
                    "</style>";
  svg += text_element(layout.title, "title") + text_element(layout.y_label, "label") +
         text_element(layout.x_label, "label end");
  for (const double x : layout.x_lines) svg += line_element({x, layout.top}, {x, layout.bottom}, "grid");
  for (const double y : layout.y_lines) svg += line_element({layout.left, y}, {layout.right, y}, "grid");
  svg += line_element({layout.left, layout.bottom}, {layout.right, layout.bottom}, "axis");
  for (const Label& label : layout.x_ticks) svg += text_element(label, "mid");
  for (const Label& label : layout.y_ticks) svg += text_element(label, "end");
  for (std::size_t i = 0; i < layout.curves.size(); ++i) {
    for (const Polyline& line : layout.curves[i]) svg += polyline_element(line, i);
    const Point text = layout.legend[i].at;
    const double swatch = text.x - kSwatchGap;
    svg += polyline_element({{swatch - kSwatchWidth, text.y - 4.0}, {swatch, text.y - 4.0}}, i) +
           text_element(layout.legend[i], "legend");
  }
  if (layout.empty)
    svg += text_element({{(layout.left + layout.right) / 2, (layout.top + layout.bottom) / 2}, "no data"}, "mid");
  return svg + "</svg>";
}

}  // namespace cebm
