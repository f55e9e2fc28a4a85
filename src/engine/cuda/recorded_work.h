// Work that is the same again and again, recorded when it comes a second time and replayed from then on.
#pragma once

#include <c10/util/Exception.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace cebm {

using Work = std::function<void()>;

/// What recorded work needs of a device. `record` returns a replay without running the work; it throws std::exception
/// where it cannot.
struct WorkDevice {
  std::function<void(const Work&)> run;
  std::function<Work(const Work&)> record;
};

/// `Key` holds all that the work depends on and that is frozen in a recording: shapes, addresses, numbers.
template <class Key>
class RecordedWork {
 public:
  explicit RecordedWork(WorkDevice device) : device_(std::move(device)) {}

  /// Does the work: as it is the first time that its key comes, which also prepares a recording; by a recording when
  /// the same key comes twice in a row; and by that recording whenever the key comes, until another replaces it.
  void run(const Key& key, const Work& work) {
    if (!recorded_ || recorded_->key != key) {
      if (!failure_.empty() || last_ != key) {
        last_ = key;
        return device_.run(work);
      }
      if (!record(key, work)) return device_.run(work);
    }
    last_ = key;
    recorded_->replay();
    ++replays_;
  }

  /// How often work was done by replaying a recording.
  std::int64_t replays() const { return replays_; }

  /// Why recording failed and is not tried again; empty if it did not.
  const std::string& failure() const { return failure_; }

 private:
  struct Recorded {
    Key key;
    Work replay;
  };

  bool record(const Key& key, const Work& work) {
    recorded_.reset();  // its memory can serve the next
    try {
      recorded_.emplace(Recorded{key, device_.record(work)});
    } catch (const std::exception& error) {
      failure_ = first_line(error.what());
      TORCH_WARN("the Langevin steps could not be recorded as a CUDA graph and are launched one by one: ", failure_);
    }
    return recorded_.has_value();
  }

  static std::string first_line(const std::string& text) {
    const std::string line = text.substr(0, text.find('\n'));
    return line.empty() ? "unknown reason" : line;
  }

  WorkDevice device_;
  std::optional<Key> last_;
  std::optional<Recorded> recorded_;
  std::string failure_;
  std::int64_t replays_ = 0;
};

}  // namespace cebm
