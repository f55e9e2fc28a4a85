// Repeated work, recorded at its second call and replayed from then on.
#pragma once

#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <string>
#include <utility>

namespace cebm {

using Work = std::function<void()>;

/// What recorded work needs of a device. `record` returns a replay without running the work; it throws std::exception
/// if it cannot record.
struct WorkDevice {
  std::function<void(const Work&)> run;
  std::function<Work(const Work&)> record;
};

/// The first line of an error's text; never empty.
inline std::string first_line(const std::exception& error) {
  const std::string text = error.what();
  const std::string line = text.substr(0, text.find('\n'));
  return line.empty() ? "unknown reason" : line;
}

/// `Key` holds everything that a recording of the work fixes: shapes, addresses, numbers.
template <class Key>
class RecordedWork {
 public:
  /// Number of keys remembered: enough for the parts of a long call and another one.
  static constexpr std::size_t kRemembered = 4;

  explicit RecordedWork(WorkDevice device) : device_(std::move(device)) {}

  /// Runs the work directly at the first call with a key, which also prepares it for recording; records it at the
  /// second call and replays it from then on. Forgets a key, with its recording, once kRemembered others have come
  /// after it.
  void run(const Key& key, const Work& work) {
    auto known = std::find_if(known_.begin(), known_.end(), [&](const Known& one) { return one.key == key; });
    const bool came_before = known != known_.end();
    if (came_before) {
      known_.splice(known_.begin(), known_, known);
    } else {
      known_.push_front({key, nullptr});
      if (known_.size() > kRemembered) known_.pop_back();
    }
    if (!came_before || !failure_.empty()) return device_.run(work);
    try {
      Work& replay = known_.front().replay;
      if (!replay) replay = device_.record(work);
      replay();
      ++replays_;
    } catch (const std::exception& error) {
      give_up(first_line(error));
      device_.run(work);
    }
  }

  /// How often work was done by replaying a recording.
  std::int64_t replays() const { return replays_; }

  /// Why recording or replaying failed and is not tried again; empty if it did not.
  const std::string& failure() const { return failure_; }

 private:
  struct Known {
    Key key;
    Work replay;  ///< empty: not recorded yet
  };

  void give_up(const std::string& reason) {
    known_.clear();
    failure_ = reason;
    TORCH_WARN("the Langevin steps could not be recorded as a CUDA graph and are launched one by one: ", failure_);
  }

  WorkDevice device_;
  std::list<Known> known_;  ///< the most recent one first
  std::string failure_;
  std::int64_t replays_ = 0;
};

}  // namespace cebm
