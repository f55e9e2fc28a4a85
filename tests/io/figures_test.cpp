#include <ATen/ATen.h>
#include <cebm/figures.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "io/canvas.h"
#include "io/color_map.h"

namespace cebm {
namespace {

constexpr std::uint32_t kWhite = 0xffffff;

std::uint32_t pixel(const Picture& picture, std::int64_t x, std::int64_t y) {
  const std::uint8_t* p = &picture.pixels.at(static_cast<std::size_t>((y * picture.width + x) * picture.channels));
  return static_cast<std::uint32_t>(p[0]) << 16 | static_cast<std::uint32_t>(p[1]) << 8 | p[2];
}

std::int64_t count_of(const Picture& picture, std::uint32_t color) {
  std::int64_t count = 0;
  for (std::int64_t y = 0; y < picture.height; ++y)
    for (std::int64_t x = 0; x < picture.width; ++x) count += pixel(picture, x, y) == color ? 1 : 0;
  return count;
}

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
  EXPECT_EQ(ink_on(0x000000), kWhite);
  EXPECT_LT(luminance(ink_on(kWhite)), 0.01);
}

TEST(Canvas, RectanglesAndPicturesAreCutOffAtItsEdges) {
  Canvas canvas(4, 3, kWhite);
  canvas.rectangle({-5.0, 1.0}, {2.0, 9.0}, 0x102030);
  canvas.image(3, -1, {2, 2, 1, {1, 2, 3, 4}});
  canvas.image(2, 2, {1, 1, 3, {7, 8, 9}});
  const Picture& picture = canvas.picture();
  EXPECT_EQ(count_of(picture, 0x102030), 4);
  EXPECT_EQ(pixel(picture, 1, 2), 0x102030U);
  EXPECT_EQ(pixel(picture, 3, 0), 0x030303U);
  EXPECT_EQ(pixel(picture, 2, 2), 0x070809U);
  EXPECT_EQ(count_of(picture, kWhite), 6);
}

TEST(Canvas, TextThatRunsUpIsTheSameTextTurned) {
  Canvas across(40, 40, kWhite);
  Canvas up(40, 40, kWhite);
  across.text({3.0, 30.0}, "Fg", 2, 0, Canvas::Anchor::start);
  up.text({30.0, 37.0}, "Fg", 2, 0, Canvas::Anchor::start, Canvas::Direction::up);
  EXPECT_GT(count_of(across.picture(), 0), 40);
  for (std::int64_t y = 0; y < 40; ++y)
    for (std::int64_t x = 0; x < 40; ++x)
      EXPECT_EQ(pixel(across.picture(), x, y), pixel(up.picture(), y, 39 - x)) << x << " " << y;
}

HeatMap example_map() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  return {"title",    "true class",    "predicted class",
          {"a", "b"}, {"c", "d", "e"}, at::tensor({0.0, 0.25, 1.0, nan, nan, nan}, at::kDouble).view({2, 3})};
}

TEST(HeatMapPicture, CellsHaveTheColourOfTheirShareAndANumber) {
  const HeatMap map = example_map();
  const Picture picture = heat_map_picture(map);
  EXPECT_EQ(picture.channels, 3);
  constexpr std::int64_t kMostOfACell = 64 * 44 / 2;
  for (const double share : {0.0, 0.25, 1.0}) EXPECT_GT(count_of(picture, map_color(share)), kMostOfACell) << share;
  EXPECT_LT(count_of(picture, map_color(0.75)), kMostOfACell) << "only the colour bar has it";
  HeatMap other = map;
  other.shares[0][1] = 0.251;
  EXPECT_NE(heat_map_picture(other).pixels, picture.pixels);
  other = map;
  other.rows[1] = "another name";
  EXPECT_GT(heat_map_picture(other).width, picture.width) << "long names get the room they need";
  other = map;
  other.columns[1] = "another name";
  EXPECT_GT(heat_map_picture(other).height, picture.height);
}

TEST(HeatMapPicture, WhatIsNoMatrixOfSharesIsRefused) {
  HeatMap map = example_map();
  map.columns.pop_back();
  EXPECT_THROW(heat_map_picture(map), std::invalid_argument);
  map = example_map();
  map.shares[0][0] = 1.5;
  EXPECT_THROW(heat_map_picture(map), std::invalid_argument);
  map.shares = at::empty({0, 0}, at::kDouble);
  map.rows = map.columns = {};
  EXPECT_THROW(heat_map_picture(map), std::invalid_argument);
}

TEST(RowShares, EveryRowAddsUpToOneAndARowOfZerosIsBlank) {
  const at::Tensor shares = row_shares(at::tensor({1, 3, 0, 0}, at::kLong).view({2, 2}));
  EXPECT_EQ(shares[0][0].item<double>(), 0.25);
  EXPECT_EQ(shares[0][1].item<double>(), 0.75);
  EXPECT_TRUE(shares[1].isnan().all().item<bool>());
}

constexpr std::uint32_t kImageColor = 0x0a141e;

LabelledGrid example_grid() {
  const at::Tensor image = at::tensor({10, 20, 30}, at::kInt).to(at::kByte).view({3, 1, 1}).expand({3, 8, 8});
  const auto row = [&](Mark mark) {
    return std::vector<std::vector<LabelledImage>>{{{image, "query"}}, {{image, "one", mark}, {image, "two", mark}}};
  };
  return {"title", {"query", "neighbours"}, {row(Mark::same), row(Mark::same)}, "same", "other"};
}

TEST(LabelledGridPicture, ShowsEveryImageWithAFrameThatTellsItsMark) {
  LabelledGrid grid = example_grid();
  const Picture same = labelled_grid_picture(grid);
  constexpr std::int64_t kImageArea = 112 * 112;
  EXPECT_EQ(count_of(same, kImageColor), 6 * kImageArea);
  grid.rows[1][1][0].mark = Mark::other;
  const Picture changed = labelled_grid_picture(grid);
  const std::uint32_t green = 0x00795a;
  const std::uint32_t red = 0xc64600;
  EXPECT_GT(count_of(changed, red), count_of(same, red) + 4 * 5 * 112);
  EXPECT_LT(count_of(changed, green), count_of(same, green) - 4 * 5 * 112);
  grid.rows[1][1][0].label = "another label";
  EXPECT_NE(labelled_grid_picture(grid).pixels, changed.pixels);
}

TEST(LabelledGridPicture, GreyImagesStayGrey) {
  LabelledGrid grid{"", {"g"}, {{{{at::full({1, 28, 28}, 200, at::kByte), ""}}}}, "", ""};
  EXPECT_EQ(count_of(labelled_grid_picture(grid), 0xc8c8c8), 112 * 112);
}

TEST(LabelledGridPicture, RowsThatDoNotMatchAreRefused) {
  const auto refused = [](const std::function<void(LabelledGrid&)>& change) {
    LabelledGrid grid = example_grid();
    change(grid);
    EXPECT_THROW(labelled_grid_picture(grid), std::invalid_argument);
  };
  refused([](LabelledGrid& grid) { grid.rows.clear(); });
  refused([](LabelledGrid& grid) { grid.groups.pop_back(); });
  refused([](LabelledGrid& grid) { grid.rows[1][1].pop_back(); });
  refused([](LabelledGrid& grid) { grid.rows[0][0].clear(); });
  refused([](LabelledGrid& grid) { grid.rows[1][0][0].image = at::zeros({3, 8, 9}, at::kByte); });
}

}  // namespace
}  // namespace cebm
