// metrics.csv and timing.csv of a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/durable/append_file.h"

namespace cebm {

/// Appends rows to a CSV file whose first column is the step. A row has been passed to the operating system when
/// append() returns; sync() makes rows durable.
class MetricsLog {
 public:
  /// Where a run stands: gradient steps, and rows up to there.
  struct Place {
    std::uint64_t step = 0;
    std::uint64_t rows = std::numeric_limits<std::uint64_t>::max();
  };
  /// Starts a new file if place.step is 0; otherwise keeps the first `place.rows` rows with rising steps up to
  /// `place.step`, without damaged ones (a cell missing, surplus or no number). The file on disk stays as it is until
  /// the first write(), append() or sync().
  /// Throws IoError; CheckpointError if the file has other columns.
  MetricsLog(const std::filesystem::path& file, const std::vector<std::string>& columns, Place place);

  /// Writes what is kept and what waits in memory. Throws IoError: then it waits for the next call.
  void write() { file_->append({}); }
  /// Throws IoError: then the row waits in memory for the next call.
  void append(std::uint64_t step, const std::vector<double>& values);
  /// Makes all rows durable. Throws IoError.
  void sync() { file_->sync(); }
  /// Rows in the file and those waiting in memory.
  std::uint64_t rows() const { return rows_; }

 private:
  std::uint64_t rows_ = 0;
  std::optional<AppendFile> file_;
};

/// Whether the file is there and has other columns than the step and these.
bool has_other_columns(const std::filesystem::path& file, const std::vector<std::string>& columns);

/// The file as columns: name and values; the first is "step". Cells that are not numbers are NaN.
struct MetricsTable {
  std::vector<std::string> columns;
  std::vector<std::vector<double>> values;  ///< one vector per column
  /// Throws IoError if the column is missing.
  const std::vector<double>& column(const std::string& name) const;
};
MetricsTable read_metrics(const std::filesystem::path& file);

}  // namespace cebm
