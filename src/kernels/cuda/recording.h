// Recording launches instead of making them, whatever becomes of the work that makes them.
#pragma once

#include <functional>

namespace cebm::kernels::cuda {

/// What recording needs of a run time.
struct RecordingCalls {
  std::function<void()> begin;                 ///< from now on launches are recorded
  std::function<std::function<void()>()> end;  ///< gives the replay; throws where something could not be recorded
  std::function<void()> abandon;               ///< after a failure: leaves the run time as before the beginning
};

/// A replay of what `work` launches. Throws what the work or the end of the recording throws.
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
