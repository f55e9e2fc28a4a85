#include <cebm/figures.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "io/canvas.h"
#include "io/figure_style.h"

namespace cebm {

namespace {

constexpr std::uint32_t kRule = 0xc4ccd5;
constexpr std::uint32_t kSame = 0x00795a;  // readers with any colour vision can tell these apart
constexpr std::uint32_t kOther = 0xc64600;
constexpr double kLabelLine = 18.0;
constexpr double kLabelGap = 14.0;
constexpr double kFrame = 5.0;
constexpr double kBetweenGroups = 36.0;
/// Images are enlarged as often as fits into this.
constexpr std::int64_t kImagePixels = 112;

std::uint32_t color_of(Mark mark) { return mark == Mark::same ? kSame : mark == Mark::other ? kOther : kInk; }

void check(const LabelledGrid& grid) {
  const auto fail = [] {
    throw std::invalid_argument(
        "labelled_grid_picture: expected rows of the same titled groups of images of one shape");
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

/// Where things go; every image has a cell of the same size.
struct Layout {
  explicit Layout(const LabelledGrid& grid) {
    const torch::Tensor& first = grid.rows.front().front().front().image;
    scale = std::max<std::int64_t>(1, kImagePixels / std::max(first.size(-1), first.size(-2)));
    image_width = static_cast<double>(scale * first.size(-1));
    image_height = static_cast<double>(scale * first.size(-2));
    double label = 0.0;
    for (const auto& row : grid.rows) {
      for (const auto& group : row) {
        for (const auto& image : group) label = std::max(label, Canvas::text_width(image.label, kTextDot));
      }
    }
    cell_width = std::max(image_width + 2 * kFrame, label) + kLabelGap;
    cell_height = image_height + 2 * kFrame + kLabelLine + kLabelGap;
    double at = kLabelGap;
    for (std::size_t g = 0; g < grid.groups.size(); ++g) {
      group_left.push_back(at);
      const double images = cell_width * static_cast<double>(grid.rows.front()[g].size()) - kLabelGap;
      at += std::max(images, Canvas::text_width(grid.groups[g], kTextDot)) + kBetweenGroups;
    }
    width = std::max(at - kBetweenGroups, kLabelGap + Canvas::text_width(grid.title, kTitleDot)) + kLabelGap;
    top = kLabelGap + kTitleDot * 7.0 + kLabelGap + kLabelLine + kLabelGap;
    bottom = top + cell_height * static_cast<double>(grid.rows.size());
    height = bottom + (grid.same.empty() ? 0.0 : kLabelLine + kLabelGap);
  }
  std::int64_t scale;
  double image_width, image_height, cell_width, cell_height, width, height, top, bottom;
  std::vector<double> group_left;
};

void draw(Canvas& canvas, const LabelledImage& labelled, Point at, const Layout& layout) {
  const double left = std::floor(at.x + (layout.cell_width - kLabelGap - layout.image_width - 2 * kFrame) / 2);
  const Point low{left + kFrame, at.y + kFrame};
  if (labelled.mark != Mark::none) {
    canvas.rectangle({left, at.y}, {low.x + layout.image_width + kFrame, low.y + layout.image_height + kFrame},
                     color_of(labelled.mark));
  }
  canvas.image(std::llround(low.x), std::llround(low.y),
               make_grid(labelled.image.unsqueeze(0), {.columns = 1, .gap = 0, .scale = layout.scale}));
  canvas.text({left + kFrame + layout.image_width / 2, low.y + layout.image_height + kFrame + kLabelLine},
              labelled.label, kTextDot, color_of(labelled.mark), Canvas::Anchor::middle);
}

void draw_legend(Canvas& canvas, const LabelledGrid& grid, double bottom) {
  double left = kLabelGap;
  for (const auto& [mark, meaning] : {std::pair{Mark::same, grid.same}, std::pair{Mark::other, grid.other}}) {
    canvas.rectangle({left, bottom}, {left + kLabelLine, bottom + kLabelLine}, color_of(mark));
    canvas.text({left + kLabelLine + kLabelGap / 2, bottom + kLabelLine - 2.0}, meaning, kTextDot, kInk);
    left += kLabelLine + kLabelGap + Canvas::text_width(meaning, kTextDot) + kLabelGap;
  }
}

}  // namespace

Picture labelled_grid_picture(const LabelledGrid& grid) {
  check(grid);
  const Layout layout(grid);
  Canvas canvas(std::llround(layout.width), std::llround(layout.height), kBackground);
  canvas.text({kLabelGap, kLabelGap + kTitleDot * 7.0}, grid.title, kTitleDot, kInk);
  for (std::size_t g = 0; g < grid.groups.size(); ++g) {
    const double left = layout.group_left[g];
    canvas.text({left, layout.top - kLabelGap}, grid.groups[g], kTextDot, kInk);
    if (g > 0) {
      canvas.rectangle({left - kBetweenGroups / 2 - 1, layout.top - kLabelGap - kLabelLine},
                       {left - kBetweenGroups / 2 + 1, layout.bottom - kLabelGap}, kRule);
    }
    for (std::size_t r = 0; r < grid.rows.size(); ++r) {
      for (std::size_t i = 0; i < grid.rows[r][g].size(); ++i) {
        const Point at{left + layout.cell_width * static_cast<double>(i),
                       layout.top + layout.cell_height * static_cast<double>(r)};
        draw(canvas, grid.rows[r][g][i], at, layout);
      }
    }
  }
  if (!grid.same.empty()) draw_legend(canvas, grid, layout.bottom);
  return canvas.picture();
}

}  // namespace cebm
