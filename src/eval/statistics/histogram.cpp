#include "eval/statistics/histogram.h"

#include <algorithm>
#include <cmath>

#include "eval/statistics/statistics.h"

namespace cebm {

namespace {

constexpr double kOutside = 0.01;  // share of the values beyond the range at either end

/// Steps over equal intervals of [low, high], down to 0 at both ends.
Curve steps(const std::string& name, const std::vector<double>& heights, double low, double high) {
  const double width = (high - low) / static_cast<double>(heights.size());
  Curve curve{name, {low}, {0.0}};
  for (std::size_t i = 0; i < heights.size(); ++i) {
    for (const std::size_t edge : {i, i + 1}) {
      curve.x.push_back(low + width * static_cast<double>(edge));
      curve.y.push_back(heights[i]);
    }
  }
  curve.x.push_back(high);
  curve.y.push_back(0.0);
  return curve;
}

}  // namespace

Chart histogram_chart(const std::string& title, const std::string& x_label,
                      const std::vector<std::pair<std::string, std::vector<double>>>& sets, int bins) {
  Chart chart{title, x_label, "share of images", {}};
  std::vector<double> all;
  for (const auto& [name, values] : sets) all.insert(all.end(), values.begin(), values.end());
  if (all.empty()) return chart;
  double low = quantile(all, kOutside);
  double high = quantile(std::move(all), 1.0 - kOutside);
  if (high <= low) {
    const double margin = std::max(1.0, std::abs(low)) / 2.0;
    low -= margin;
    high += margin;
  }
  for (const auto& [name, values] : sets) {
    std::vector<double> heights(static_cast<std::size_t>(bins));
    for (const double value : values) {
      const double place = std::clamp((value - low) / (high - low), 0.0, 1.0) * bins;
      heights[std::min(static_cast<std::size_t>(place), heights.size() - 1)] +=
          1.0 / static_cast<double>(values.size());
    }
    chart.curves.push_back(steps(name, heights, low, high));
  }
  return chart;
}

}  // namespace cebm
