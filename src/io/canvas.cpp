#include "io/canvas.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb_easy_font.h>
#pragma GCC diagnostic pop

namespace cebm {

namespace {

constexpr double kFontAscent = 7.0;  // dots from the top of a line to its baseline
constexpr int kChannels = 3;

std::uint8_t channel(std::uint32_t color, int index) {
  return static_cast<std::uint8_t>(color >> (8 * (kChannels - 1 - index)));
}

/// One line of printable ASCII: the font has nothing else and would read outside its tables.
std::string printable(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f)
      result += c;
    else if ((byte & 0xc0) != 0x80)  // one mark for a whole UTF-8 sequence
      result += '?';
  }
  return result;
}

double distance(Point p, Point a, Point b) {
  const Point along{b.x - a.x, b.y - a.y};
  const double length2 = along.x * along.x + along.y * along.y;
  const double t =
      length2 > 0.0 ? std::clamp(((p.x - a.x) * along.x + (p.y - a.y) * along.y) / length2, 0.0, 1.0) : 0.0;
  return std::hypot(p.x - a.x - t * along.x, p.y - a.y - t * along.y);
}

/// Pixels of a rectangle that lie on the canvas.
struct Box {
  Box(Point low, Point high, const Picture& picture)
      : left(std::max<std::int64_t>(0, std::llround(std::floor(low.x)))),
        top(std::max<std::int64_t>(0, std::llround(std::floor(low.y)))),
        right(std::min<std::int64_t>(picture.width, std::llround(std::ceil(high.x)))),
        bottom(std::min<std::int64_t>(picture.height, std::llround(std::ceil(high.y)))) {}
  std::int64_t left, top, right, bottom;
};

}  // namespace

Canvas::Canvas(std::int64_t width, std::int64_t height, std::uint32_t background)
    : picture_{width, height, kChannels, {}} {
  picture_.pixels.resize(static_cast<std::size_t>(width * height * kChannels));
  for (std::size_t i = 0; i < picture_.pixels.size(); ++i)
    picture_.pixels[i] = channel(background, static_cast<int>(i % kChannels));
}

void Canvas::blend(std::int64_t x, std::int64_t y, double coverage, std::uint32_t color) {
  std::uint8_t* pixel = &picture_.pixels[static_cast<std::size_t>((y * picture_.width + x) * kChannels)];
  for (int i = 0; i < kChannels; ++i)
    pixel[i] = static_cast<std::uint8_t>(std::lround(pixel[i] + coverage * (channel(color, i) - pixel[i])));
}

void Canvas::polyline(const Polyline& line, double width, std::uint32_t color) {
  if (line.empty()) return;
  const double reach = width / 2 + 1.0;
  Point low = line.front();
  Point high = line.front();
  for (const Point& p : line) {
    low = {std::min(low.x, p.x), std::min(low.y, p.y)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y)};
  }
  const Box all({low.x - reach, low.y - reach}, {high.x + reach, high.y + reach}, picture_);
  if (all.left >= all.right || all.top >= all.bottom) return;
  // Coverage is collected before anything is drawn: joints must not be painted twice.
  const std::int64_t stride = all.right - all.left;
  std::vector<float> coverage(static_cast<std::size_t>(stride * (all.bottom - all.top)), 0.0F);
  const std::size_t segments = std::max<std::size_t>(1, line.size() - 1);
  for (std::size_t i = 0; i < segments; ++i) {
    const Point a = line[i];
    const Point b = line[std::min(i + 1, line.size() - 1)];
    const Box box({std::min(a.x, b.x) - reach, std::min(a.y, b.y) - reach},
                  {std::max(a.x, b.x) + reach, std::max(a.y, b.y) + reach}, picture_);
    for (std::int64_t y = box.top; y < box.bottom; ++y)
      for (std::int64_t x = box.left; x < box.right; ++x) {
        const Point centre{static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5};
        const auto covered = static_cast<float>(std::clamp(width / 2 + 0.5 - distance(centre, a, b), 0.0, 1.0));
        float& target = coverage[static_cast<std::size_t>((y - all.top) * stride + x - all.left)];
        target = std::max(target, covered);
      }
  }
  for (std::int64_t y = all.top; y < all.bottom; ++y)
    for (std::int64_t x = all.left; x < all.right; ++x)
      if (const float c = coverage[static_cast<std::size_t>((y - all.top) * stride + x - all.left)]; c > 0.0F)
        blend(x, y, c, color);
}

double Canvas::text_width(const std::string& text, int dot) {
  std::string ascii = printable(text);
  return dot * stb_easy_font_width(ascii.data());
}

void Canvas::rectangle(Point left_top, Point right_bottom, std::uint32_t color) {
  const Box box({std::round(left_top.x), std::round(left_top.y)},
                {std::round(right_bottom.x), std::round(right_bottom.y)}, picture_);
  for (std::int64_t y = box.top; y < box.bottom; ++y)
    for (std::int64_t x = box.left; x < box.right; ++x) blend(x, y, 1.0, color);
}

void Canvas::image(std::int64_t left, std::int64_t top, const Picture& picture) {
  const Point corner{static_cast<double>(left), static_cast<double>(top)};
  const Box box(corner, {corner.x + static_cast<double>(picture.width), corner.y + static_cast<double>(picture.height)},
                picture_);
  for (std::int64_t y = box.top; y < box.bottom; ++y)
    for (std::int64_t x = box.left; x < box.right; ++x) {
      const std::int64_t from = ((y - top) * picture.width + x - left) * picture.channels;
      const std::int64_t to = (y * picture_.width + x) * kChannels;
      for (std::int64_t c = 0; c < kChannels; ++c)
        picture_.pixels[static_cast<std::size_t>(to + c)] =
            picture.pixels[static_cast<std::size_t>(from + std::min(c, picture.channels - 1))];
    }
}

void Canvas::text(Point at, const std::string& text, int dot, std::uint32_t color, Anchor anchor, Direction direction) {
  struct Vertex {
    float x, y, z;
    unsigned char color[4];
  };
  std::string ascii = printable(text);
  std::vector<Vertex> vertices(ascii.size() * 4 * 24 + 4);  // no character has more than 24 quads
  const int quads = stb_easy_font_print(0.0F, 0.0F, ascii.data(), nullptr, vertices.data(),
                                        static_cast<int>(vertices.size() * sizeof(Vertex)));
  const double width = text_width(text, dot);
  const double start = -std::round(anchor == Anchor::end ? width : anchor == Anchor::middle ? width / 2 : 0.0);
  const Point origin{std::round(at.x), std::round(at.y)};
  for (int quad = 0; quad < quads; ++quad) {
    // Along and across the line of text, from the origin.
    const auto corner = [&](const Vertex& vertex) {
      return Point{start + dot * double{vertex.x}, dot * (double{vertex.y} - kFontAscent)};
    };
    const Point from = corner(vertices[static_cast<std::size_t>(4 * quad)]);
    const Point to = corner(vertices[static_cast<std::size_t>(4 * quad + 2)]);
    if (direction == Direction::across)
      rectangle({origin.x + from.x, origin.y + from.y}, {origin.x + to.x, origin.y + to.y}, color);
    else
      rectangle({origin.x + from.y, origin.y - to.x}, {origin.x + to.y, origin.y - from.x}, color);
  }
}

}  // namespace cebm
