// events.csv of a run: what the guard found and what was done, in the order in which it happened.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/durable/append_file.h"

namespace cebm {

/// A row. Only "rolled_back" has `to_step`; `attempt` counts the rollbacks so far.
struct Event {
  std::uint64_t step = 0;
  std::string kind;      ///< "diverged", "rolled_back"
  std::string quantity;  ///< what was out of bounds
  std::optional<double> value;
  std::optional<double> limit;
  std::optional<std::uint64_t> to_step;
  std::uint64_t attempt = 0;
};

/// Appends events; the first one creates the file.
class EventLog {
 public:
  /// Keeps the first `rows` rows of an existing file and drops the others. Throws IoError.
  EventLog(std::filesystem::path file, std::uint64_t rows);
  /// Throws IoError: then the row waits in memory for the next call.
  void append(const Event& event);
  void sync();
  std::uint64_t rows() const { return rows_; }

 private:
  std::filesystem::path path_;
  std::uint64_t rows_ = 0;
  std::optional<AppendFile> file_;
};

/// The rows of the file as text, its header first; empty where there is no file.
std::vector<std::vector<std::string>> read_events(const std::filesystem::path& file);

}  // namespace cebm
