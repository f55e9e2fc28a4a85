// metrics.csv and timing.csv of a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace cebm {

/// Appends rows to a CSV file whose first column is the step. Every row is on disk when append() returns.
class MetricsLog {
 public:
  /// Starts the file, or, with `resume_at`, keeps the rows up to that step and goes on after them.
  /// Throws IoError; CheckpointError if the file has other columns.
  MetricsLog(std::filesystem::path file, const std::vector<std::string>& columns, std::uint64_t resume_at);
  void append(std::uint64_t step, const std::vector<double>& values);

 private:
  std::filesystem::path file_;
  std::ofstream out_;
};

/// The file as columns: name and values; the first is "step". Cells that are not numbers are NaN.
struct MetricsTable {
  std::vector<std::string> columns;
  std::vector<std::vector<double>> values;  ///< one vector per column
  /// Throws IoError if the column is missing.
  const std::vector<double>& column(const std::string& name) const;
};
MetricsTable read_metrics(const std::filesystem::path& file);

}  // namespace cebm
