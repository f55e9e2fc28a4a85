#include <cebm/report.h>

#include <cmath>

#include "io/canvas.h"
#include "io/chart_layout.h"
#include "io/figure_style.h"

namespace cebm {

namespace {

constexpr int kScale = 2;  // pixels to a unit of the layout

constexpr std::uint32_t kGrid = 0xe3e7ec;
constexpr std::uint32_t kAxis = 0x9aa4af;
constexpr double kCurveWidth = 3.4;
constexpr double kRepeatedColorWidth = 1.6;
constexpr double kDotWidth = 10.0;
constexpr double kThinWidth = 1.0;

double text_width(const std::string& text) { return Canvas::text_width(text, kTextDot) / kScale; }
Point pixels(Point unit) { return {kScale * unit.x, kScale * unit.y}; }
/// On the centre of a pixel, so that thin lines stay sharp.
double sharp(double unit) { return std::floor(kScale * unit) + 0.5; }

void draw_curve(Canvas& canvas, Polyline line, std::size_t curve) {
  for (Point& point : line) point = pixels(point);
  const double width = curve < kCurveColors.size() ? kCurveWidth : kRepeatedColorWidth;
  canvas.polyline(line, line.size() == 1 ? kDotWidth : width, kCurveColors[curve % kCurveColors.size()].light);
}

}  // namespace

Picture chart_picture(const Chart& chart) {
  const ChartLayout layout = lay_out(chart, text_width);
  Canvas canvas(std::llround(kScale * layout.width), std::llround(kScale * layout.height), kBackground);
  const double left = sharp(layout.left);
  const double right = sharp(layout.right);
  const double bottom = sharp(layout.bottom);
  for (const double x : layout.x_lines)
    canvas.polyline({{sharp(x), sharp(layout.top)}, {sharp(x), bottom}}, kThinWidth, kGrid);
  for (const double y : layout.y_lines) canvas.polyline({{left, sharp(y)}, {right, sharp(y)}}, kThinWidth, kGrid);
  canvas.polyline({{left, bottom}, {right, bottom}}, kThinWidth, kAxis);

  const auto text = [&](const Label& label, std::uint32_t color, Canvas::Anchor anchor) {
    canvas.text(pixels(label.at), label.text, kTextDot, color, anchor);
  };
  canvas.text(pixels(layout.title.at), layout.title.text, kTitleDot, kInk);
  text(layout.y_label, kMuted, Canvas::Anchor::start);
  text(layout.x_label, kMuted, Canvas::Anchor::end);
  for (const Label& label : layout.x_ticks) text(label, kMuted, Canvas::Anchor::middle);
  for (const Label& label : layout.y_ticks) text(label, kMuted, Canvas::Anchor::end);
  for (std::size_t i = 0; i < layout.curves.size(); ++i) {
    for (const Polyline& line : layout.curves[i]) draw_curve(canvas, line, i);
    const Point at = layout.legend[i].at;
    draw_curve(canvas, {{at.x - kSwatchGap - kSwatchWidth, at.y - 4.0}, {at.x - kSwatchGap, at.y - 4.0}}, i);
    text(layout.legend[i], kInk, Canvas::Anchor::start);
  }
  if (layout.empty)
    text({{(layout.left + layout.right) / 2, (layout.top + layout.bottom) / 2}, "no data"}, kMuted,
         Canvas::Anchor::middle);
  return canvas.picture();
}

}  // namespace cebm
