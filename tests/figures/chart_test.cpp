#include <cebm/report.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "figures/chart_layout.h"
#include "figures/ticks.h"
#include "figures/xml.h"

namespace cebm::chart_test {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Gt;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> labels(Range range) {
  std::vector<std::string> texts;
  for (const Tick& tick : nice_ticks(range, 5)) texts.push_back(tick.label);
  return texts;
}

TEST(Ticks, StandAtRoundNumbersWithOneUnit) {
  EXPECT_THAT(labels({0.0, 1.0}), ElementsAre("0", "0.2", "0.4", "0.6", "0.8", "1.0"));
  EXPECT_THAT(labels({-7.0, 12.0}), ElementsAre("-5", "0", "5", "10"));
  EXPECT_THAT(labels({0.0, 90'000.0}), ElementsAre("0", "20k", "40k", "60k", "80k"));
  EXPECT_THAT(labels({0.0, 2.5e6}), ElementsAre("0", "0.5M", "1.0M", "1.5M", "2.0M", "2.5M"));
  EXPECT_THAT(labels({0.0, 5e-6}), ElementsAre("0", "1e-6", "2e-6", "3e-6", "4e-6", "5e-6"));
  EXPECT_THAT(labels({-1e300, 1e300}), ElementsAre("-1.0e300", "-5.0e299", "0", "5.0e299", "1.0e300"));
}

TEST(Ticks, LieInsideTheRangeAndDifferInTheirLabels) {
  for (const double centre : {0.0, 1.0, -250.0, 1e6})
    for (const double width : {1e-3, 0.7, 33.0, 1e5, 1e12}) {
      const Range range{centre - width, centre + width};
      const std::vector<Tick> ticks = nice_ticks(range, 5);
      EXPECT_THAT(ticks.size(), AllOf(testing::Ge(3), testing::Le(7))) << centre << " " << width;
      for (std::size_t i = 0; i < ticks.size(); ++i) {
        EXPECT_GE(ticks[i].value, range.low - 1e-9 * width);
        EXPECT_LE(ticks[i].value, range.high + 1e-9 * width);
        EXPECT_TRUE(i == 0 || ticks[i].label != ticks[i - 1].label) << centre << " " << width;
      }
    }
}

Chart chart_of(std::vector<double> x, std::vector<double> y) { return {"title", "x", "y", {{"curve", x, y}}}; }

struct Hostile {
  const char* name;
  Chart chart;
  friend void PrintTo(const Hostile& hostile, std::ostream* out) { *out << hostile.name; }
};

class HostileChart : public testing::TestWithParam<Hostile> {};

TEST_P(HostileChart, HasOnlyFinitePointsInsideItsFrame) {
  const ChartLayout layout = lay_out(GetParam().chart);
  EXPECT_THAT(layout.x_ticks, SizeIs(Gt(1)));
  EXPECT_THAT(layout.y_ticks, SizeIs(Gt(1)));
  for (const auto& lines : layout.curves)
    for (const Polyline& line : lines)
      for (const Point& point : line) {
        EXPECT_TRUE(point.x >= layout.left - 1e-6 && point.x <= layout.right + 1e-6) << point.x;
        EXPECT_TRUE(point.y >= layout.top - 1e-6 && point.y <= layout.bottom + 1e-6) << point.y;
      }
  const std::string svg = chart_svg(GetParam().chart);
  EXPECT_THAT(svg, AllOf(Not(HasSubstr("nan")), Not(HasSubstr("inf"))));
  EXPECT_EQ(xml_error(svg), "");
}

INSTANTIATE_TEST_SUITE_P(
    Charts, HostileChart,
    testing::Values(Hostile{"OnePoint", chart_of({5}, {2})}, Hostile{"AllEqual", chart_of({1, 2, 3}, {7, 7, 7})},
                    Hostile{"AllZero", chart_of({0, 0}, {0, 0})},
                    Hostile{"NotFinite", chart_of({0, 1, kNan, 3, kInfinity}, {kNan, 1, 2, kInfinity, -kInfinity})},
                    Hostile{"OnlyNotFinite", chart_of({0, 1}, {kNan, kInfinity})},
                    Hostile{"NoPoints", chart_of({}, {})}, Hostile{"NoCurves", {"title", "x", "y", {}}},
                    Hostile{"Huge", chart_of({-1.7e308, 1.7e308}, {-1.7e308, 1.7e308})},
                    Hostile{"Denormal", chart_of({0, 5e-324}, {0, 5e-324})},
                    Hostile{"Narrow", chart_of({1e9, 1e9 + 1e-6}, {1e15, 1e15 + 0.125})},
                    Hostile{"Negative", chart_of({-3, -2}, {-1e5, -2e5})}),
    [](const auto& description) { return description.param.name; });

TEST(Chart, PointsThatAreNotFiniteBreakTheLine) {
  const ChartLayout layout = lay_out(chart_of({0, 100, 200, 300, 400}, {1, 2, kNan, 3, 4}));
  EXPECT_THAT(layout.curves.at(0), ElementsAre(SizeIs(2), SizeIs(2)));
  EXPECT_FALSE(layout.empty);
  EXPECT_TRUE(lay_out(chart_of({0}, {kNan})).empty);
}

TEST(Chart, ManyPointsAreThinnedWithoutLosingASpike) {
  Chart chart = chart_of({}, {});
  Curve& curve = chart.curves[0];
  for (int i = 0; i < 200'000; ++i) {
    curve.x.push_back(i);
    curve.y.push_back(std::sin(i * 0.37));
  }
  curve.y[123'456] = 50.0;
  curve.y[77'777] = -30.0;
  const ChartLayout layout = lay_out(chart);
  const Polyline& line = layout.curves.at(0).at(0);
  EXPECT_LE(line.size(), 4 * kChartWidth);
  const auto [highest, lowest] = std::ranges::minmax_element(line, {}, &Point::y);
  const double unit = kPlotHeight / (80.0 * 1.1);  // 5 % headroom above and below -30..50
  EXPECT_NEAR(highest->y, layout.top + 4.0 * unit, 1e-6);
  EXPECT_NEAR(lowest->y, layout.bottom - 4.0 * unit, 1e-6);
  const double width = layout.right - layout.left;
  EXPECT_NEAR(highest->x, layout.left + width * 123'456 / 199'999, 1e-6);
  EXPECT_TRUE(std::ranges::is_sorted(line, {}, &Point::x));
  EXPECT_LT(chart_svg(chart).size(), 40'000U);
}

TEST(Chart, TheLegendStaysInsideTheDrawing) {
  Chart chart{"title", "x", "y", {}};
  for (int i = 0; i < 12; ++i) chart.curves.push_back({"a curve called " + std::to_string(i), {0, 1}, {0.0, 1.0 * i}});
  const ChartLayout layout = lay_out(chart);
  ASSERT_THAT(layout.legend, SizeIs(12));
  for (const Label& label : layout.legend) {
    EXPECT_LE(label.at.x + text_width(label.text), layout.width);
    EXPECT_LT(label.at.y, layout.top);
  }
}

TEST(Chart, UnequalCoordinatesAreRefused) { EXPECT_THROW(chart_svg(chart_of({1, 2}, {1})), std::invalid_argument); }

TEST(ChartSvg, TextIsEscapedAndNothingElseIsOpened) {
  Chart chart = chart_of({0, 1}, {0, 1});
  chart.title = "<script>alert(\"&\")</script>";
  chart.curves[0].name = "a<b\x01";
  const std::string svg = chart_svg(chart);
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_THAT(svg, HasSubstr("&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;"));
  EXPECT_THAT(svg, HasSubstr("a&lt;b "));
  EXPECT_TRUE(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
  EXPECT_EQ(xml_error(svg), "");
}

TEST(ChartSvg, ShortLinesShowTheirPointsAndLongOnesDoNot) {
  EXPECT_EQ(count(chart_svg(chart_of({1, 2, 3}, {1, 3, 2})), "class=\"c0 dot\""), 3U);
  EXPECT_EQ(count(chart_svg(chart_of({1}, {1})), "class=\"c0 dot\""), 1U);
  Chart chart = chart_of({}, {});
  for (int i = 0; i < 50; ++i) {
    chart.curves[0].x.push_back(i);
    chart.curves[0].y.push_back(i);
  }
  EXPECT_EQ(count(chart_svg(chart), "class=\"c0 dot\""), 0U);
}

TEST(ChartSvg, TextOfAnyBytesIsWellFormed) {
  const std::string svg = chart_svg({"\xce\xbb \x01\xff title", "", "", {}});
  EXPECT_THAT(svg, AllOf(HasSubstr("\xce\xbb  \\xFF title"), HasSubstr("no data")));
  EXPECT_EQ(xml_error(svg), "");
}

TEST(Chart, ALogarithmicAxisHasPowersOfTenAtEqualDistances) {
  Chart chart = chart_of({0, 1, 100, 6000}, {9, 1, 2, 3});
  chart.log_x = true;
  const ChartLayout layout = lay_out(chart);
  std::vector<std::string> texts;
  for (const Label& label : layout.x_ticks) texts.push_back(label.text);
  EXPECT_THAT(texts, ElementsAre("1", "10", "100", "1000", "10k"));
  const double width = layout.right - layout.left;
  for (int i = 0; i < 5; ++i) EXPECT_NEAR(layout.x_lines.at(i), layout.left + width * i / 4.0, 1e-6);
  const Polyline& line = layout.curves.at(0).at(0);
  ASSERT_THAT(line, SizeIs(3)) << "0 has no logarithm";
  EXPECT_NEAR(line[1].x, layout.left + width / 2.0, 1e-6);
  for (const std::vector<double>& x : {std::vector{5.0}, {1e-300, 1e300}, {-1.0}}) {
    chart.curves[0] = {"curve", x, x};
    EXPECT_THAT(lay_out(chart).x_ticks, SizeIs(testing::AllOf(Gt(1U), testing::Lt(11U)))) << x[0];
  }
}

TEST(ChartFile, IsNamedAfterTheTitle) {
  const auto file = [](const std::string& title) { return chart_file({title, "", "", {}}); };
  EXPECT_EQ(file("Energy gap (data - samples)"), "energy_gap_data_samples.svg");
  EXPECT_EQ(file("../E(x)\n"), "e_x.svg");
  EXPECT_EQ(file("\xce\xbb"), "chart.svg");
}

}  // namespace
}  // namespace cebm::chart_test
