#include "measure.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace bench {

namespace {

constexpr int kUnmeasured = 2;

/// A line "name:  123 kB" of /proc/self/status, in bytes.
std::int64_t status(const std::string& name) {
  std::ifstream file("/proc/self/status");
  std::string word;
  while (file >> word) {
    std::int64_t kilobytes = 0;
    if (word == name + ":" && file >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Timing timing_of(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  return {seconds[seconds.size() / 2], seconds.front(), seconds.back()};
}

}  // namespace

Timing time_of(int repeats, const std::function<void()>& work) {
  for (int i = 0; i < kUnmeasured; ++i) work();
  std::vector<double> seconds;
  for (int i = 0; i < repeats; ++i) seconds.push_back(seconds_of(work));
  return timing_of(std::move(seconds));
}

std::pair<Timing, Timing> times_of(int repeats, const std::function<void()>& first,
                                   const std::function<void()>& second) {
  for (int i = 0; i < kUnmeasured; ++i) {
    first();
    second();
  }
  std::vector<double> of_first;
  std::vector<double> of_second;
  for (int i = 0; i < repeats; ++i) {
    of_first.push_back(seconds_of(first));
    of_second.push_back(seconds_of(second));
  }
  return {timing_of(std::move(of_first)), timing_of(std::move(of_second))};
}

std::int64_t memory_of(const std::function<void()>& work) {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";  // the largest size starts anew
  const std::int64_t before = status("VmRSS");
  work();
  return std::max<std::int64_t>(status("VmHWM") - before, 0);
}

}  // namespace bench
