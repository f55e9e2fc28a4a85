// Distributions of numbers as a chart.
#pragma once

#include <cebm/report.h>

#include <string>
#include <utility>
#include <vector>

namespace cebm {

/// Share of each set's values in each of `bins` equal intervals between the 1st and the 99th percentile of all values
/// taken together, as step curves; the two outermost intervals hold what lies beyond, too.
Chart histogram_chart(const std::string& title, const std::string& x_label,
                      const std::vector<std::pair<std::string, std::vector<double>>>& sets, int bins = 60);

}  // namespace cebm
