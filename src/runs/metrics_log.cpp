#include "runs/metrics_log.h"

#include <cebm/errors.h>
#include <cebm/files.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <sstream>

namespace cebm {

namespace {

std::string number(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value);
  return {text, end.ptr};
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
  return cells;
}

double parse(const std::string& cell) {
  double value = std::numeric_limits<double>::quiet_NaN();
  std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return value;
}

/// Whether the line has a number in each of `columns` cells.
bool is_row(const std::string& line, std::size_t columns) {
  const std::vector<std::string> cells = split(line);
  return cells.size() == columns && std::ranges::all_of(cells, [](const std::string& cell) {
           double value = 0.0;
           const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
           return error == std::errc() && end == cell.data() + cell.size();
         });
}

std::string header_of(const std::vector<std::string>& columns) {
  std::string header = "step";
  for (const auto& column : columns) header += "," + column;
  return header + "\n";
}

}  // namespace

MetricsLog::MetricsLog(const std::filesystem::path& file, const std::vector<std::string>& columns, Place place) {
  const std::string header = header_of(columns);
  std::string kept = header;
  if (place.step > 0 && std::filesystem::exists(file)) {
    std::istringstream in(read_file(file));
    std::string line;
    std::getline(in, line);
    if (line + "\n" != header) {
      throw CheckpointError(file.string() + ":1: expected columns " + header + "found " + line);
    }
    double last = 0.0;
    // A last line without a newline is a truncated row: even its step cannot be trusted.
    while (rows_ < place.rows && std::getline(in, line) && !in.eof()) {
      const double step = parse(line.substr(0, line.find(',')));
      if (!is_row(line, columns.size() + 1) || step <= last || step > static_cast<double>(place.step)) continue;
      last = step;
      kept += line + "\n";
      ++rows_;
    }
  }
  file_.emplace(file, kept);
}

void MetricsLog::append(std::uint64_t step, const std::vector<double>& values) {
  std::string row = std::to_string(step);
  for (const double value : values) row.append(1, ',').append(number(value));
  ++rows_;
  file_->append(row + "\n");
}

bool has_other_columns(const std::filesystem::path& file, const std::vector<std::string>& columns) {
  if (!std::filesystem::exists(file)) return false;
  const std::string text = read_file(file);
  return text.substr(0, text.find('\n')) + "\n" != header_of(columns);
}

const std::vector<double>& MetricsTable::column(const std::string& name) const {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] == name) return values[i];
  }
  throw IoError("the metrics have no column '" + name + "'");
}

MetricsTable read_metrics(const std::filesystem::path& file) {
  std::istringstream in(read_file(file));
  MetricsTable table;
  std::string line;
  std::getline(in, line);
  table.columns = split(line);
  table.values.resize(table.columns.size());
  while (std::getline(in, line)) {
    std::vector<std::string> cells = split(line);
    cells.resize(table.columns.size());
    for (std::size_t i = 0; i < cells.size(); ++i) table.values[i].push_back(parse(cells[i]));
  }
  return table;
}

}  // namespace cebm
