/// Charts and a self-contained HTML page: what a person looks at after a run.
#pragma once

#include <cebm/image_io.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace cebm {

struct Curve {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;  ///< non-finite points are left out
};

struct Chart {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<Curve> curves;
};

/// The chart as an SVG element (text selectable, both light and dark pages) and as a picture.
std::string chart_svg(const Chart& chart);
Picture chart_picture(const Chart& chart);

/// Collects the parts of a page in order. All text is escaped; pictures are inlined as PNG.
class HtmlReport {
 public:
  explicit HtmlReport(std::string title) : title_(std::move(title)) {}

  void heading(const std::string& text);
  void paragraph(const std::string& text);
  void code(const std::string& text);
  /// A table with a header row; every row has as many cells as the header.
  void table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);
  void chart(const Chart& chart);
  void picture(const Picture& picture, const std::string& caption);
  /// Pictures that stand side by side where the page is wide enough.
  void pictures(const std::vector<std::pair<Picture, std::string>>& captioned);

  /// The page: one file, no outside references, readable on a phone, printable.
  std::string html() const;
  void write(const std::filesystem::path& file) const;

 private:
  std::string title_;
  std::string body_;
};

}  // namespace cebm
