#include <cebm/figures.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/fixed_text.h"
#include "figures/color_map.h"
#include "figures/svg.h"

namespace cebm {

namespace {

constexpr double kGap = 12.0;
constexpr double kLine = 16.0;  // height of a line of text
constexpr double kBarWidth = 14.0;
constexpr int kBarTicks = 4;
constexpr int kBarSteps = 64;
/// With more rows or columns than this, cells and their numbers are small.
constexpr std::size_t kMostLargeCells = 24;

struct Cell {
  double width, height, text;
  const char* classes;
};
constexpr Cell kLarge{46.0, 32.0, kTextSize, ""};
constexpr Cell kSmall{26.0, 18.0, 9.0, "small "};

/// "97.3", "100", "0"; "<0.1" and ">99.9" for shares that would round to 0 and 100.
std::string percent(double share) {
  if (share == 0.0) return "0";
  if (share == 1.0) return "100";
  if (share < 0.0005) return "<0.1";
  if (share >= 0.9995) return ">99.9";
  return fixed_text(100.0 * share, 1);
}

void check(const HeatMap& map) {
  const torch::Tensor& shares = map.shares;
  if (shares.dim() != 2 || shares.numel() == 0 || shares.size(0) != static_cast<std::int64_t>(map.rows.size()) ||
      shares.size(1) != static_cast<std::int64_t>(map.columns.size())) {
    throw std::invalid_argument("heat_map_svg: expected a name for each row and column of a matrix");
  }
  if (((shares < 0.0) | (shares > 1.0)).any().item<bool>()) {
    throw std::invalid_argument("heat_map_svg: expected shares in [0, 1]");
  }
}

std::string fill(std::uint32_t color) { return "class=\"cells\" fill=\"" + hex_color(color) + "\""; }

void draw_cell(Svg& svg, Point corner, const Cell& cell, double share, const std::string& what) {
  const double width = cell.width - 1.0;  // a gap to the next
  const double height = cell.height - 1.0;
  if (std::isnan(share)) return svg.rectangle(corner, width, height, "class=\"blank cells\"", what);
  const std::uint32_t color = map_color(share);
  svg.rectangle(corner, width, height, fill(color), what + ": " + percent(share) + "%");
  svg.text({corner.x + width / 2, corner.y + height / 2 + 0.36 * cell.text}, percent(share),
           cell.classes + std::string(ink_on(color) == 0xffffff ? "mid white" : "mid black"));
}

/// The colour bar with its percentages.
void draw_bar(Svg& svg, Point at, double height) {
  const double step = height / kBarSteps;
  for (int i = 0; i < kBarSteps; ++i)
    svg.rectangle({at.x, at.y + i * step}, kBarWidth, step + 0.5, fill(map_color(1.0 - (i + 0.5) / kBarSteps)));
  for (int i = 0; i <= kBarTicks; ++i)
    svg.text({at.x + kBarWidth + 5.0, at.y + height * i / kBarTicks + 4.0},
             std::to_string(100 - 100 * i / kBarTicks) + "%");
}

}  // namespace

torch::Tensor row_shares(const torch::Tensor& counts) {
  const torch::Tensor exact = counts.to(torch::kDouble);
  return exact / exact.sum(1, /*keepdim=*/true);
}

std::string heat_map_svg(const HeatMap& map) {
  check(map);
  const Cell cell = std::max(map.rows.size(), map.columns.size()) > kMostLargeCells ? kSmall : kLarge;
  const double names = widest(map.columns, cell.text);
  const bool turned = names > cell.width - 4.0;  // all names run upwards if one is wider than a column
  const double left = kGap + kLine + widest(map.rows, cell.text) + 8.0;
  const double top = kGap + kTitleSize + kGap;
  const double right = left + cell.width * static_cast<double>(map.columns.size());
  const double bottom = top + cell.height * static_cast<double>(map.rows.size());
  const double bar_end = right + kGap + kBarWidth + 5.0 + text_width("100%");
  const double width = std::max(bar_end, kGap + text_width(map.title, 1.08 * kTitleSize)) + kGap;
  const double height = bottom + (turned ? names : kLine) + 8.0 + kLine + kGap;

  Svg svg(width, height, map.title);
  svg.text({kGap, kGap + kTitleSize}, map.title, "ink title");
  svg.text({kGap + kTextSize, (top + bottom) / 2}, map.row_axis, "mid", -90.0);
  svg.text({(left + right) / 2, height - kGap}, map.column_axis, "mid");
  const std::string ink = cell.classes + std::string("ink ");
  for (std::size_t c = 0; c < map.columns.size(); ++c) {
    const double middle = left + cell.width * (static_cast<double>(c) + 0.5);
    if (turned)
      svg.text({middle + 0.36 * cell.text, bottom + 6.0}, map.columns[c], ink + "end", -90.0);
    else
      svg.text({middle, bottom + kLine}, map.columns[c], ink + "mid");
  }
  const torch::Tensor shares = map.shares.to(torch::kDouble).contiguous();
  const double* share = shares.const_data_ptr<double>();
  for (std::size_t r = 0; r < map.rows.size(); ++r) {
    const double row = top + cell.height * static_cast<double>(r);
    svg.text({left - 8.0, row + cell.height / 2 + 0.36 * cell.text}, map.rows[r], ink + "end");
    for (std::size_t c = 0; c < map.columns.size(); ++c, ++share)
      draw_cell(svg, {left + cell.width * static_cast<double>(c), row}, cell, *share,
                map.rows[r] + ", " + map.columns[c]);
  }
  draw_bar(svg, {right + kGap, top}, bottom - top - 1.0);
  return svg.document();
}

}  // namespace cebm
