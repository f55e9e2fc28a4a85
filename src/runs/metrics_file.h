// metrics.json of a run: the declarations of metrics.csv's columns.
#pragma once

#include <cebm/metric.h>

#include <filesystem>
#include <vector>

namespace cebm {

/// A file that is there with the same content stays. Throws IoError.
void write_metric_declarations(const std::filesystem::path& directory, const std::vector<Metric>& metrics);
/// Names, units and curves; empty for a run of an older version, which has no such file. Throws DataError if the file
/// is damaged.
std::vector<Metric> read_metric_declarations(const std::filesystem::path& directory);

}  // namespace cebm
