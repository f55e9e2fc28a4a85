#include <ATen/ATen.h>
#include <cebm/figures.h>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "figures/color_map.h"
#include "figures/html_text.h"
#include "figures/svg.h"
#include "figures/xml.h"

namespace cebm {
namespace {

using testing::HasSubstr;

/// CIELAB L*.
double lightness(std::uint32_t color) { return 116.0 * std::cbrt(luminance(color)) - 16.0; }

TEST(ColorMap, LightnessRisesEvenly) {
  for (int i = 0; i < 40; ++i) {
    const double rise = lightness(map_color((i + 1) / 40.0)) - lightness(map_color(i / 40.0));
    EXPECT_NEAR(rise, (lightness(map_color(1.0)) - lightness(map_color(0.0))) / 40.0, 0.7) << i;
  }
  EXPECT_GT(lightness(map_color(1.0)) - lightness(map_color(0.0)), 70.0);
  EXPECT_EQ(map_color(-1.0), map_color(0.0));
  EXPECT_EQ(map_color(2.0), map_color(1.0));
}

TEST(ColorMap, InkStandsOutOnEveryColour) {
  for (int i = 0; i <= 100; ++i) {
    const std::uint32_t color = map_color(i / 100.0);
    const double a = luminance(color) + 0.05;
    const double b = luminance(ink_on(color)) + 0.05;
    EXPECT_GT(std::max(a, b) / std::min(a, b), 4.2) << i;
  }
  EXPECT_EQ(ink_on(0x000000), 0xffffff);
  EXPECT_LT(luminance(ink_on(0xffffff)), 0.01);
}

HeatMap example_map() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  return {"title",    "true class",    "predicted class",
          {"a", "b"}, {"c", "d", "e"}, at::tensor({0.0, 0.25, 1.0, nan, nan, nan}, at::kDouble).view({2, 3})};
}

TEST(HeatMapSvg, CellsHaveTheColourOfTheirShareTheirNumberAndANameUnderThePointer) {
  const std::string svg = heat_map_svg(example_map());
  EXPECT_EQ(xml_error(svg), "");
  for (const auto& [share, text] : {std::pair{0.0, "0"}, {0.25, "25.0"}, {1.0, "100"}}) {
    EXPECT_THAT(svg, HasSubstr("fill=\"" + hex_color(map_color(share)) + "\"")) << share;
    EXPECT_THAT(svg, HasSubstr(std::string(">") + text + "</text>"));
  }
  EXPECT_THAT(svg, HasSubstr("<title>a, d: 25.0%</title>"));
  EXPECT_EQ(count(svg, "class=\"blank cells\""), 3U);
  EXPECT_EQ(count(svg, "<title>"), 6U);
}

double size_of(const std::string& svg, const std::string& name) {
  return std::stod(svg.substr(svg.find(" " + name + "=\"") + name.size() + 3));
}

TEST(HeatMapSvg, LongNamesGetTheRoomTheyNeed) {
  const std::string svg = heat_map_svg(example_map());
  HeatMap map = example_map();
  map.rows[1] = "another name";
  EXPECT_GT(size_of(heat_map_svg(map), "width"), size_of(svg, "width"));
  map = example_map();
  map.columns[1] = "another name";
  EXPECT_GT(size_of(heat_map_svg(map), "height"), size_of(svg, "height"));
}

TEST(HeatMapSvg, WhatIsNoMatrixOfSharesIsRefused) {
  HeatMap map = example_map();
  map.columns.pop_back();
  EXPECT_THROW(heat_map_svg(map), std::invalid_argument);
  map = example_map();
  map.shares[0][0] = 1.5;
  EXPECT_THROW(heat_map_svg(map), std::invalid_argument);
  map.shares = at::empty({0, 0}, at::kDouble);
  map.rows = map.columns = {};
  EXPECT_THROW(heat_map_svg(map), std::invalid_argument);
}

TEST(RowShares, EveryRowAddsUpToOneAndARowOfZerosIsBlank) {
  const at::Tensor shares = row_shares(at::tensor({1, 3, 0, 0}, at::kLong).view({2, 2}));
  EXPECT_EQ(shares[0][0].item<double>(), 0.25);
  EXPECT_EQ(shares[0][1].item<double>(), 0.75);
  EXPECT_TRUE(shares[1].isnan().all().item<bool>());
}

LabelledGrid example_grid() {
  const at::Tensor image = at::tensor({10, 20, 30}, at::kInt).to(at::kByte).view({3, 1, 1}).expand({3, 8, 8});
  const auto row = [&](Mark mark) {
    return std::vector<std::vector<LabelledImage>>{{{image, "query"}}, {{image, "one", mark}, {image, "two", mark}}};
  };
  return {"title", {"query", "neighbours"}, {row(Mark::same), row(Mark::same)}, "same", "other"};
}

TEST(LabelledGridSvg, ShowsEveryImageWithAFrameThatTellsItsMark) {
  LabelledGrid grid = example_grid();
  grid.rows[1][1][0].mark = Mark::other;
  grid.rows[1][1][0].label = "<another>";
  const std::string svg = labelled_grid_svg(grid);
  EXPECT_EQ(xml_error(svg), "");
  const Picture picture = make_grid(grid.rows[0][0][0].image.unsqueeze(0), {.columns = 1, .gap = 0, .scale = 1});
  EXPECT_EQ(count(svg, "href=\"" + png_data_uri(picture) + "\""), 6U);
  EXPECT_EQ(count(svg, "<rect class=\"same\""), 3U + 1U) << "with the legend";
  EXPECT_EQ(count(svg, "<rect class=\"other\""), 1U + 1U);
  EXPECT_THAT(svg, HasSubstr(">&lt;another&gt;</text>"));
}

TEST(LabelledGridSvg, AGridWithoutMarksHasNoLegend) {
  const LabelledGrid grid{"", {"g"}, {{{{at::full({1, 28, 14}, 200, at::kByte), ""}}}}, "", ""};
  const std::string svg = labelled_grid_svg(grid);
  EXPECT_EQ(count(svg, "class=\"same\""), 0U);
  EXPECT_THAT(svg, HasSubstr(" width=\"32.0\" height=\"64.0\" href=")) << "proportions are kept";
}

TEST(LabelledGridSvg, RowsThatDoNotMatchAreRefused) {
  const auto refused = [](const std::function<void(LabelledGrid&)>& change) {
    LabelledGrid grid = example_grid();
    change(grid);
    EXPECT_THROW(labelled_grid_svg(grid), std::invalid_argument);
  };
  refused([](LabelledGrid& grid) { grid.rows.clear(); });
  refused([](LabelledGrid& grid) { grid.groups.pop_back(); });
  refused([](LabelledGrid& grid) { grid.rows[1][1].pop_back(); });
  refused([](LabelledGrid& grid) { grid.rows[0][0].clear(); });
  refused([](LabelledGrid& grid) { grid.rows[1][0][0].image = at::zeros({3, 8, 9}, at::kByte); });
}

}  // namespace
}  // namespace cebm
