/// A small RGB canvas with anti-aliased lines, text, rectangles and pictures. Internal to src/io.
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

  /// A filled rectangle without its right and bottom edges, cut off at the canvas.
  void rectangle(Point left_top, Point right_bottom, std::uint32_t color);

  /// Copies a grey or RGB picture, cut off at the canvas.
  void image(std::int64_t left, std::int64_t top, const Picture& picture);

  enum class Anchor { start, middle, end };
  enum class Direction { across, up };
  /// ASCII text with its baseline at `at`, every dot of the bitmap font `dot` pixels wide. Other characters become '?'.
  /// Text that runs up is read with the head to the left, its baseline at the right.
  void text(Point at, const std::string& text, int dot, std::uint32_t color, Anchor anchor = Anchor::start,
            Direction direction = Direction::across);
  static double text_width(const std::string& text, int dot);

  const Picture& picture() const { return picture_; }

 private:
  void blend(std::int64_t x, std::int64_t y, double coverage, std::uint32_t color);

  Picture picture_;
};

}  // namespace cebm
