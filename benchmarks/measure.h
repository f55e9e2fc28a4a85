// Timing and memory of a piece of work.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace bench {

/// Seconds of several runs of the same work.
struct Timing {
  double median = 0.0;
  double fastest = 0.0;
  double slowest = 0.0;
};

/// Runs the work twice unmeasured, since the second call of an engine may record what the first one did, then `repeats`
/// times.
Timing time_of(int repeats, const std::function<void()>& work);
/// The same for two kinds of work that take turns.
std::pair<Timing, Timing> times_of(int repeats, const std::function<void()>& first,
                                   const std::function<void()>& second);

/// How much the process's largest resident size grows over its present one while the work runs, in bytes; 0 where the
/// system does not say.
std::int64_t memory_of(const std::function<void()>& work);

}  // namespace bench
