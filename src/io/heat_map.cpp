#include <cebm/figures.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "io/canvas.h"
#include "io/color_map.h"
#include "io/figure_style.h"

namespace cebm {

namespace {

constexpr std::uint32_t kBlank = 0xe3e7ec;
constexpr double kLine = 14.0;  // height of a line of text
constexpr double kGap = 14.0;
constexpr double kCellGap = 1.0;
constexpr double kBarWidth = 18.0;
constexpr int kBarTicks = 4;
/// More rows or columns get small cells with small numbers.
constexpr std::size_t kMostLargeCells = 24;

struct Cell {
  double width, height;
  int dot;
};
constexpr Cell kLarge{64.0, 44.0, 2};
constexpr Cell kSmall{32.0, 22.0, 1};

/// "97.3", "100", "0", and "<0.1" for what would look like nothing.
std::string percent(double share) {
  if (share == 0.0) return "0";
  if (share == 1.0) return "100";
  if (share < 0.0005) return "<0.1";
  if (share >= 0.9995) return ">99.9";
  char text[16];
  std::snprintf(text, sizeof text, "%.1f", 100.0 * share);
  return text;
}

double widest(const std::vector<std::string>& names, int dot) {
  double width = 0.0;
  for (const std::string& name : names) width = std::max(width, Canvas::text_width(name, dot));
  return width;
}

void check(const HeatMap& map) {
  const torch::Tensor& shares = map.shares;
  if (shares.dim() != 2 || shares.numel() == 0 || shares.size(0) != static_cast<std::int64_t>(map.rows.size()) ||
      shares.size(1) != static_cast<std::int64_t>(map.columns.size())) {
    throw std::invalid_argument("heat_map_picture: expected a name for each row and column of a matrix");
  }
  if (((shares < 0.0) | (shares > 1.0)).any().item<bool>()) {
    throw std::invalid_argument("heat_map_picture: expected shares in [0, 1]");
  }
}

/// The colour bar with its percentages, to the right of `at`.
void draw_bar(Canvas& canvas, Point at, double height) {
  for (double y = 0.0; y < height; y += 1.0) {
    canvas.rectangle({at.x, at.y + y}, {at.x + kBarWidth, at.y + y + 1.0}, map_color(1.0 - (y + 0.5) / height));
  }
  for (int i = 0; i <= kBarTicks; ++i) {
    const double y = at.y + height * (1.0 - static_cast<double>(i) / kBarTicks);
    canvas.text({at.x + kBarWidth + 6.0, y + kLine / 2}, std::to_string(100 * i / kBarTicks) + "%", kTextDot, kMuted);
  }
}

}  // namespace

torch::Tensor row_shares(const torch::Tensor& counts) {
  const torch::Tensor exact = counts.to(torch::kDouble);
  return exact / exact.sum(1, /*keepdim=*/true);
}

Picture heat_map_picture(const HeatMap& map) {
  check(map);
  const Cell cell = std::max(map.rows.size(), map.columns.size()) > kMostLargeCells ? kSmall : kLarge;
  const double left = kGap + kLine + kGap + widest(map.rows, cell.dot) + kGap;
  const double top = kGap + kTitleDot * 7.0 + kGap + kLine;
  const double right = left + cell.width * static_cast<double>(map.columns.size());
  const double bottom = top + cell.height * static_cast<double>(map.rows.size());
  const double bar_end = right + 2 * kGap + kBarWidth + 6.0 + Canvas::text_width("100%", kTextDot);
  const double width = std::max(bar_end, kGap + Canvas::text_width(map.title, kTitleDot)) + kGap;
  const double height = bottom + kGap + widest(map.columns, cell.dot) + kGap + kLine + kGap;
  Canvas canvas(std::llround(width), std::llround(height), kBackground);

  canvas.text({kGap, kGap + kTitleDot * 7.0}, map.title, kTitleDot, kInk);
  canvas.text({kGap + kLine, (top + bottom) / 2}, map.row_axis, kTextDot, kMuted, Canvas::Anchor::middle,
              Canvas::Direction::up);
  canvas.text({(left + right) / 2, height - kGap}, map.column_axis, kTextDot, kMuted, Canvas::Anchor::middle);
  const double baseline = cell.dot * 3.5;  // below the middle of a line
  for (std::size_t r = 0; r < map.rows.size(); ++r) {
    const double middle = top + cell.height * (static_cast<double>(r) + 0.5);
    canvas.text({left - kGap, middle + baseline}, map.rows[r], cell.dot, kInk, Canvas::Anchor::end);
  }
  for (std::size_t c = 0; c < map.columns.size(); ++c) {
    const double middle = left + cell.width * (static_cast<double>(c) + 0.5);
    canvas.text({middle + baseline, bottom + kGap}, map.columns[c], cell.dot, kInk, Canvas::Anchor::end,
                Canvas::Direction::up);
  }
  const torch::Tensor shares = map.shares.to(torch::kDouble).contiguous();
  const double* share = shares.const_data_ptr<double>();
  for (std::size_t r = 0; r < map.rows.size(); ++r) {
    for (std::size_t c = 0; c < map.columns.size(); ++c, ++share) {
      const Point corner{left + cell.width * static_cast<double>(c), top + cell.height * static_cast<double>(r)};
      const std::uint32_t color = std::isnan(*share) ? kBlank : map_color(*share);
      canvas.rectangle(corner, {corner.x + cell.width - kCellGap, corner.y + cell.height - kCellGap}, color);
      if (std::isnan(*share)) continue;
      canvas.text({corner.x + cell.width / 2, corner.y + cell.height / 2 + baseline}, percent(*share), cell.dot,
                  ink_on(color), Canvas::Anchor::middle);
    }
  }
  draw_bar(canvas, {right + 2 * kGap, top}, bottom - top);
  return canvas.picture();
}

}  // namespace cebm
