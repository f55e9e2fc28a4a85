#include "programs/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

#include "programs/log.h"
#include "programs/progress_line.h"

namespace cebm::app {

namespace {

/// Between two progress lines without a terminal: enough to show in a job's log that it is alive, without flooding it.
constexpr auto kPlainInterval = std::chrono::seconds(30);

std::size_t terminal_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

std::string format_duration(double seconds) {
  const auto total = static_cast<long long>(std::max(0.0, seconds) + 0.5);
  char text[32];
  if (total >= 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", total / 3600, total / 60 % 60, total % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld", total / 60, total % 60);
  }
  return text;
}

std::string format_size(std::uint64_t bytes) {
  char text[32];
  if (bytes >= 1'000'000) {
    std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
  } else if (bytes >= 1000) {
    std::snprintf(text, sizeof text, "%.1f kB", static_cast<double>(bytes) / 1e3);
  } else {
    std::snprintf(text, sizeof text, "%llu bytes", static_cast<unsigned long long>(bytes));
  }
  return text;
}

Progress::Progress(std::string label, std::string unit, std::uint64_t total)
    : label_(std::move(label)), unit_(std::move(unit)), total_(total) {}

Progress::Progress(std::string label, std::uint64_t bytes) : Progress(std::move(label), "", bytes) {}

Progress::~Progress() { clear_progress_line(); }

std::string Progress::numbers(std::uint64_t done, double rate) const {
  char text[96];
  if (unit_.empty()) {
    std::snprintf(text, sizeof text, " %.1f/%.1f MB  %.3g MB/s", static_cast<double>(done) / 1e6,
                  static_cast<double>(total_) / 1e6, rate / 1e6);
  } else {
    std::snprintf(text, sizeof text, " %llu/%llu  %.3g %ss/s", static_cast<unsigned long long>(done),
                  static_cast<unsigned long long>(total_), rate, unit_.c_str());
  }
  return text;
}

void Progress::update(std::uint64_t done, Clock::time_point now) {
  if (!first_ || done < *first_) {  // after a rollback
    first_ = done;
    start_ = now;
    if (!progress_line_available()) drawn_ = now;
  }
  const bool plain = !progress_line_available();
  if (plain ? now - drawn_ < kPlainInterval : done < total_ && now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const double rate = elapsed > 0.0 ? static_cast<double>(done - *first_) / elapsed : 0.0;
  const std::string left = rate > 0.0 ? format_duration(static_cast<double>(total_ - done) / rate) : "?";
  if (plain) return info(label_ + numbers(done, rate) + ", " + left + " left");
  constexpr std::size_t kWidth = 24;
  const std::size_t filled = total_ == 0 ? kWidth : static_cast<std::size_t>(kWidth * done / total_);
  std::string line = label_ + " [" + std::string(filled, '#') + std::string(kWidth - filled, '.') + "]" +
                     numbers(done, rate) + "  " + left + " left  ";
  const std::size_t columns = terminal_columns();
  if (line.size() >= columns) line.resize(columns - 1);
  set_progress_line(line);
}

std::function<void(std::uint64_t done, std::uint64_t total)> progress_bar(std::string label, std::string unit) {
  return [label, unit, bar = std::shared_ptr<Progress>()](std::uint64_t done, std::uint64_t total) mutable {
    if (!bar) bar = std::make_shared<Progress>(label, unit, total);
    bar->update(done);
    if (done == total) bar.reset();
  };
}

}  // namespace cebm::app
