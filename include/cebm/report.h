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
  bool log_x = false;  ///< a logarithmic x axis; points without a positive x are left out
};

/// The chart as an SVG document: text is selectable, and it follows the reader's choice of a light or dark page.
/// Throws std::invalid_argument on a curve with more x than y, or fewer.
std::string chart_svg(const Chart& chart);

/// A file name from the title: "Energy gap (data - samples)" is energy_gap_data_samples.svg.
std::string chart_file(const Chart& chart);

/// Collects the parts of a page in order. All text is escaped; pictures are inlined as PNG, figures as SVG.
class HtmlReport {
 public:
  explicit HtmlReport(std::string title) : title_(std::move(title)) {}

  void heading(const std::string& text);
  void paragraph(const std::string& text);
  void code(const std::string& text);
  /// A table with a header row; every row has as many cells as the header.
  void table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);
  void chart(const Chart& chart);
  /// Inlines an SVG file that this library wrote. Throws IoError if it is missing, DataError if it is something else.
  void figure(const std::filesystem::path& file);
  void picture(const Picture& picture, const std::string& caption);
  /// Pictures that stand side by side where the page is wide enough.
  void pictures(const std::vector<std::pair<Picture, std::string>>& captioned);

  /// An open page reloads itself every `seconds` seconds; 0: never.
  void refresh_every(std::int64_t seconds) { refresh_ = seconds; }

  /// The page: one file, no outside references, readable on a phone, printable.
  std::string html() const;
  void write(const std::filesystem::path& file) const;

 private:
  void drawing(const std::string& svg);

  std::string title_;
  std::string body_;
  std::int64_t refresh_ = 0;  ///< 0: never
};

}  // namespace cebm
