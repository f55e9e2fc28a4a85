// Progress of a long task: a bar with rate and time left on a terminal, nothing where output is piped.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace cebm::app {

class Progress {
 public:
  /// `unit` is what is counted ("step"); `done` is where a resumed task starts.
  Progress(std::string label, std::string unit, std::uint64_t total, std::uint64_t done = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Redraws at most ten times a second.
  void update(std::uint64_t done);
  /// Shown at the end of the line from now on.
  void set_note(std::string note) { note_ = std::move(note); }

 private:
  using Clock = std::chrono::steady_clock;

  std::string label_;
  std::string unit_;
  std::uint64_t total_;
  std::uint64_t first_;
  std::string note_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_;
};

/// 3725 s -> "1:02:05".
std::string format_duration(double seconds);

}  // namespace cebm::app
