// Progress of a long task, with rate and time left: a bar on a terminal, a line every half minute where output is
// piped.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace cebm::app {

class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  /// `unit` is what is counted ("step").
  Progress(std::string label, std::string unit, std::uint64_t total);
  /// Counts bytes and shows megabytes.
  Progress(std::string label, std::uint64_t bytes);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Redraws the bar at most ten times a second. Rate and time left are measured from the first call, so that a resumed
  /// task counts only its own work.
  void update(std::uint64_t done, Clock::time_point now = Clock::now());

 private:
  std::string numbers(std::uint64_t done, double rate) const;

  std::string label_;
  std::string unit_;  ///< empty: bytes
  std::uint64_t total_;
  std::optional<std::uint64_t> first_;
  Clock::time_point start_;
  Clock::time_point drawn_;
};

/// A callback that shows a bar from its first call until all is done.
std::function<void(std::uint64_t done, std::uint64_t total)> progress_bar(std::string label, std::string unit);

/// 3725 s -> "1:02:05".
std::string format_duration(double seconds);

/// 26421880 -> "26.4 MB"; below a megabyte in kB, below a kilobyte in bytes.
std::string format_size(std::uint64_t bytes);

}  // namespace cebm::app
