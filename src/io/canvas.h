/// A small RGB canvas with anti-aliased lines and text. Internal to src/io.
#pragma once

#include <cebm/image_io.h>

#include <cstdint>
#include <string>

#include "io/chart_layout.h"

namespace cebm {

/// All coordinates and widths are in pixels; colours are 0xrrggbb.
class Canvas {
 public:
  Canvas(std::int64_t width, std::int64_t height, std::uint32_t background);

  /// A line with round joints and ends; a single point is a dot.
  void polyline(const Polyline& line, double width, std::uint32_t color);

  enum class Anchor { start, middle, end };
  /// ASCII text with its baseline at `at`, every dot of the bitmap font `dot` pixels wide. Other characters become '?'.
  void text(Point at, const std::string& text, int dot, std::uint32_t color, Anchor anchor = Anchor::start);
  static double text_width(const std::string& text, int dot);

  const Picture& picture() const { return picture_; }

 private:
  void blend(std::int64_t x, std::int64_t y, double coverage, std::uint32_t color);

  Picture picture_;
};

}  // namespace cebm
