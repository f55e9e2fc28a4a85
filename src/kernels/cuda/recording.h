// Records launches instead of executing them, and cleans up if the work that makes them fails.
#pragma once

#include <functional>

namespace cebm::kernels::cuda {

/// The runtime calls that recording needs.
struct RecordingCalls {
  std::function<void()> begin;                 ///< starts recording launches
  std::function<std::function<void()>()> end;  ///< returns the replay; throws if something could not be recorded
  std::function<void()> abandon;               ///< after a failure: restores the runtime's state before begin()
};

/// Returns a replay of the launches of `work`. Rethrows what the work or the end of the recording throws.
inline std::function<void()> record(const RecordingCalls& calls, const std::function<void()>& work) {
  calls.begin();
  try {
    work();
    return calls.end();
  } catch (...) {
    calls.abandon();
    throw;
  }
}

}  // namespace cebm::kernels::cuda
