/// SVG documents with one style for all figures, for light and dark pages. Internal to src/figures.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace cebm {

struct Point {
  double x;
  double y;
};
using Polyline = std::vector<Point>;

inline constexpr double kTextSize = 12.0;
inline constexpr double kTitleSize = 15.0;

/// Colours that readers with any colour vision can tell apart (after Okabe and Ito), for light and dark pages.
struct CurveColor {
  std::uint32_t light;
  std::uint32_t dark;
};
inline constexpr std::array<CurveColor, 6> kCurveColors{{{0x0072b2, 0x56b4e9},
                                                         {0xd55e00, 0xff9a4d},
                                                         {0x009e73, 0x2fd0a5},
                                                         {0xcc79a7, 0xe6a3c8},
                                                         {0xb8860b, 0xf0e442},
                                                         {0x4d4d4d, 0xc8c8c8}}};

/// The approximate width of `text` in the usual sans-serif fonts.
double text_width(const std::string& text, double size = kTextSize);
double widest(const std::vector<std::string>& texts, double size = kTextSize);

/// "#rrggbb"
std::string hex_color(std::uint32_t color);

/// ` name="value"`, the number with one decimal.
std::string attribute(const char* name, double value);

/// A document built from elements, in the order of painting. All text is escaped. Classes of text: "ink" for what is
/// read first, "title", "small", "mid" and "end" for the anchor, "black" and "white" on coloured ground; of lines:
/// "grid" and "axis", "c0" .. "c5" for kCurveColors; of areas: "blank", "same" and "other".
class Svg {
 public:
  /// A page of this size; screen readers read out `title`.
  Svg(double width, double height, const std::string& title);

  /// The text is turned clockwise by `degrees` around its anchor.
  void text(Point at, const std::string& text, const std::string& classes = "", double degrees = 0.0);
  void line(Point from, Point to, const std::string& classes);
  void polyline(const Polyline& line, const std::string& classes);
  /// `look` holds attributes, such as `class="same"`; `tip` is the tooltip.
  void rectangle(Point corner, double width, double height, const std::string& look, const std::string& tip = "");
  void add(const std::string& element) { body_ += element; }

  std::string document() const { return body_ + "</svg>\n"; }

 private:
  std::string body_;
};

}  // namespace cebm
