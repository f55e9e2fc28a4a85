#include "runs/event_log.h"

#include <cebm/errors.h>
#include <cebm/files.h>

#include <charconv>
#include <sstream>
#include <system_error>

namespace cebm {

namespace {

constexpr const char* kHeader = "step,event,quantity,value,limit,to_step,attempt\n";

template <class Number>
std::string text(const std::optional<Number>& number) {
  if (!number) return "";
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, *number);
  return {digits, end.ptr};
}

}  // namespace

EventLog::EventLog(std::filesystem::path file, std::uint64_t rows) : path_(std::move(file)) {
  if (!std::filesystem::exists(path_)) return;
  std::istringstream in(read_file(path_));
  std::string kept = kHeader;
  std::string line;
  std::getline(in, line);
  while (rows_ < rows && std::getline(in, line) && !in.eof()) {
    kept += line + "\n";
    ++rows_;
  }
  if (rows_ > 0) {
    file_.emplace(path_, kept);
    file_->append({});
    return;
  }
  std::error_code error;
  std::filesystem::remove(path_, error);
  if (error) throw IoError(path_.string() + ": cannot be removed: " + error.message());
}

void EventLog::append(const Event& event) {
  if (!file_) file_.emplace(path_, kHeader);
  ++rows_;
  file_->append(std::to_string(event.step) + "," + event.kind + "," + event.quantity + "," + text(event.value) + "," +
                text(event.limit) + "," + text(event.to_step) + "," + std::to_string(event.attempt) + "\n");
}

void EventLog::sync() {
  if (file_) file_->sync();
}

std::vector<std::vector<std::string>> read_events(const std::filesystem::path& file) {
  std::vector<std::vector<std::string>> rows;
  if (!std::filesystem::exists(file)) return rows;
  std::istringstream in(read_file(file));
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> cells;
    std::istringstream cut(line);
    for (std::string cell; std::getline(cut, cell, ',');) cells.push_back(cell);
    rows.push_back(std::move(cells));
  }
  return rows;
}

}  // namespace cebm
