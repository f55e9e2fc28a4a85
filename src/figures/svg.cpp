#include "figures/svg.h"

#include <algorithm>
#include <cstdio>

#include "base/fixed_text.h"
#include "figures/html_text.h"

namespace cebm {

namespace {

constexpr double kWidthOfACharacter = 0.55;  // of the font's size, the mean of the usual sans-serif fonts

/// Rules for light and dark pages alike. No custom properties: few programs besides browsers support them.
constexpr const char* kStyle =
    "text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}"
    ".title{font-size:15px;font-weight:600}.small{font-size:9px}.mid{text-anchor:middle}.end{text-anchor:end}"
    "polyline{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}"
    ".thin{stroke-width:.9}.dot{stroke-width:5}.black{fill:#111}.white{fill:#fff}image{image-rendering:pixelated}."
    "cells{shape-rendering:crispEdges}";

struct Paint {
  const char* selector;
  const char* property;
  std::uint32_t light;
  std::uint32_t dark;
};
constexpr std::array<Paint, 8> kPaints{{{".page", "fill", 0xffffff, 0x12161b},
                                        {"text", "fill", 0x5b6470, 0xa2acb8},
                                        {".ink", "fill", 0x1b1f24, 0xe8ebef},
                                        {".grid", "stroke", 0xe3e7ec, 0x2c333c},
                                        {".axis", "stroke", 0x9aa4af, 0x5f6b78},
                                        {".blank", "fill", 0xe3e7ec, 0x2c333c},
                                        {".same", "fill", 0x00795a, 0x2fd0a5},
                                        {".other", "fill", 0xc64600, 0xff9a4d}}};

std::string number(double value) { return fixed_text(value, 1); }

std::string rule(const std::string& selector, const std::string& property, std::uint32_t color) {
  return selector + "{" + property + ":" + hex_color(color) + "}";
}

/// Limits every rule to figures: the style of an inlined SVG applies to the whole page.
std::string inside_figures(const std::string& rules) {
  std::string style;
  for (std::size_t begin = 0; begin < rules.size();) {
    const std::size_t end = rules.find('}', begin) + 1;
    style += ".cebm-figure " + rules.substr(begin, end - begin);
    begin = end;
  }
  return style;
}

std::string style() {
  std::string light;
  std::string dark;
  for (const Paint& paint : kPaints) {
    light += rule(paint.selector, paint.property, paint.light);
    dark += rule(paint.selector, paint.property, paint.dark);
  }
  for (std::size_t i = 0; i < kCurveColors.size(); ++i) {
    light += rule(".c" + std::to_string(i), "stroke", kCurveColors[i].light);
    dark += rule(".c" + std::to_string(i), "stroke", kCurveColors[i].dark);
  }
  return inside_figures(kStyle + light) + "@media(prefers-color-scheme:dark){" + inside_figures(dark) + "}";
}

std::string class_attribute(const std::string& classes) { return classes.empty() ? "" : " class=\"" + classes + "\""; }

}  // namespace

double text_width(const std::string& text, double size) {
  // Code points, so that Greek letters count as one.
  const auto characters =
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  return kWidthOfACharacter * size * static_cast<double>(characters);
}

double widest(const std::vector<std::string>& texts, double size) {
  double width = 0.0;
  for (const std::string& text : texts) width = std::max(width, text_width(text, size));
  return width;
}

std::string hex_color(std::uint32_t color) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "#%06x", color);
  return text.data();
}

std::string attribute(const char* name, double value) { return std::string(" ") + name + "=\"" + number(value) + "\""; }

Svg::Svg(double width, double height, const std::string& title)
    : body_("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"cebm-figure\" role=\"figure\" aria-label=\"" +
            html_escape(title) + "\"" + attribute("width", width) + attribute("height", height) + " viewBox=\"0 0 " +
            number(width) + " " + number(height) + "\"><style>" + style() + "</style>") {
  rectangle({0.0, 0.0}, width, height, "class=\"page\"");
}

void Svg::text(Point at, const std::string& text, const std::string& classes, double degrees) {
  if (text.empty()) return;
  body_ += "<text" + class_attribute(classes) + attribute("x", at.x) + attribute("y", at.y);
  if (degrees != 0.0)
    body_ += " transform=\"rotate(" + number(degrees) + " " + number(at.x) + " " + number(at.y) + ")\"";
  body_ += ">" + html_escape(text) + "</text>";
}

void Svg::line(Point from, Point to, const std::string& classes) {
  body_ += "<line" + class_attribute(classes) + attribute("x1", from.x) + attribute("y1", from.y) +
           attribute("x2", to.x) + attribute("y2", to.y) + "/>";
}

void Svg::polyline(const Polyline& line, const std::string& classes) {
  body_ += "<polyline" + class_attribute(classes) + " points=\"";
  for (const Point& point : line) body_.append(number(point.x)).append(",").append(number(point.y)).append(" ");
  body_ += "\"/>";
}

void Svg::rectangle(Point corner, double width, double height, const std::string& look, const std::string& tip) {
  body_ += "<rect " + look + attribute("x", corner.x) + attribute("y", corner.y) + attribute("width", width) +
           attribute("height", height) + (tip.empty() ? "/>" : "><title>" + html_escape(tip) + "</title></rect>");
}

}  // namespace cebm
