#include <cebm/figures.h>
#include <cebm/image_io.h>

#include <algorithm>
#include <stdexcept>

#include "figures/html_text.h"
#include "figures/svg.h"

namespace cebm {

namespace {

constexpr double kSpace = 14.0;
constexpr double kFrame = 3.0;
constexpr double kLabel = 16.0;  // height of a label
constexpr double kBetweenGroups = 30.0;
/// Longer side of an image.
constexpr double kImageSide = 64.0;

std::string class_of(Mark mark) { return mark == Mark::same ? "same" : mark == Mark::other ? "other" : "ink"; }

void check(const LabelledGrid& grid) {
  const auto fail = [] {
    throw std::invalid_argument("labelled_grid_svg: expected rows of the same titled groups of images of one shape");
  };
  if (grid.rows.empty() || grid.groups.empty() || grid.rows.front().empty() || grid.rows.front().front().empty())
    fail();
  const torch::Tensor& first = grid.rows.front().front().front().image;
  for (const auto& row : grid.rows) {
    if (row.size() != grid.groups.size()) fail();
    for (std::size_t g = 0; g < row.size(); ++g) {
      if (row[g].empty() || row[g].size() != grid.rows.front()[g].size()) fail();
      for (const LabelledImage& image : row[g]) {
        if (image.image.dim() != 3 || image.image.sizes() != first.sizes()) fail();
      }
    }
  }
}

/// Every image has a cell of the same size.
struct GridLayout {
  explicit GridLayout(const LabelledGrid& grid) {
    const torch::Tensor& first = grid.rows.front().front().front().image;
    const auto longer = static_cast<double>(std::max(first.size(-1), first.size(-2)));
    image_width = kImageSide * static_cast<double>(first.size(-1)) / longer;
    image_height = kImageSide * static_cast<double>(first.size(-2)) / longer;
    cell_width = image_width + 2 * kFrame + 6.0;
    for (const auto& row : grid.rows)
      for (const auto& group : row)
        for (const auto& image : group) cell_width = std::max(cell_width, text_width(image.label) + 6.0);
    cell_height = image_height + 2 * kFrame + kLabel + 8.0;
    double at = kSpace;
    for (std::size_t g = 0; g < grid.groups.size(); ++g) {
      group_left.push_back(at);
      const double images = cell_width * static_cast<double>(grid.rows.front()[g].size());
      at += std::max(images, text_width(grid.groups[g])) + kBetweenGroups;
    }
    width = std::max(at - kBetweenGroups, kSpace + text_width(grid.title, 1.08 * kTitleSize)) + kSpace;
    top = kSpace + kTitleSize + kSpace + kLabel;
    bottom = top + cell_height * static_cast<double>(grid.rows.size());
    height = bottom + (grid.same.empty() ? 0.0 : kSpace / 2 + kLabel + kSpace);
  }
  double image_width, image_height, cell_width, cell_height, width, height, top, bottom;
  std::vector<double> group_left;
};

void draw_image(Svg& svg, const LabelledImage& labelled, Point cell, const GridLayout& layout) {
  const double middle = cell.x + layout.cell_width / 2;
  const Point corner{middle - layout.image_width / 2, cell.y + kFrame};
  if (labelled.mark != Mark::none)
    svg.rectangle({corner.x - kFrame, cell.y}, layout.image_width + 2 * kFrame, layout.image_height + 2 * kFrame,
                  "class=\"" + class_of(labelled.mark) + "\"");
  svg.add("<image" + attribute("x", corner.x) + attribute("y", corner.y) + attribute("width", layout.image_width) +
          attribute("height", layout.image_height) + " href=\"" +
          png_data_uri(make_grid(labelled.image.unsqueeze(0), {.columns = 1, .gap = 0, .scale = 1})) + "\"/>");
  svg.text({middle, corner.y + layout.image_height + kFrame + kLabel - 3.0}, labelled.label,
           "mid " + class_of(labelled.mark));
}

void draw_meanings(Svg& svg, const LabelledGrid& grid, double top) {
  double left = kSpace;
  for (const auto& [mark, meaning] : {std::pair{Mark::same, grid.same}, std::pair{Mark::other, grid.other}}) {
    svg.rectangle({left, top}, kTextSize, kTextSize, "class=\"" + class_of(mark) + "\"");
    svg.text({left + kTextSize + 6.0, top + kTextSize - 2.0}, meaning, "ink");
    left += kTextSize + 6.0 + text_width(meaning) + kBetweenGroups;
  }
}

}  // namespace

std::string labelled_grid_svg(const LabelledGrid& grid) {
  check(grid);
  const GridLayout layout(grid);
  Svg svg(layout.width, layout.height, grid.title);
  svg.text({kSpace, kSpace + kTitleSize}, grid.title, "ink title");
  for (std::size_t g = 0; g < grid.groups.size(); ++g) {
    const double left = layout.group_left[g];
    svg.text({left, layout.top - 8.0}, grid.groups[g], "ink");
    const double rule = left - kBetweenGroups / 2;
    if (g > 0) svg.line({rule, layout.top - kLabel}, {rule, layout.bottom - 8.0}, "axis");
    for (std::size_t r = 0; r < grid.rows.size(); ++r)
      for (std::size_t i = 0; i < grid.rows[r][g].size(); ++i)
        draw_image(svg, grid.rows[r][g][i],
                   {left + layout.cell_width * static_cast<double>(i),
                    layout.top + layout.cell_height * static_cast<double>(r)},
                   layout);
  }
  if (!grid.same.empty()) draw_meanings(svg, grid, layout.bottom + kSpace / 2);
  return svg.document();
}

}  // namespace cebm
