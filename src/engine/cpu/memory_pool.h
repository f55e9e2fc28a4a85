// Memory for many images that is used again and again: malloc would give large blocks back to the system every time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace cebm {

/// Thread-safe. What is taken returns when its last owner lets go of it, also after the pool's end.
template <class Memory>
class MemoryPool {
 public:
  /// Memory for at least `images` images: some that has returned, or `make(images)`.
  std::shared_ptr<Memory> take(std::int64_t images,
                               const std::function<std::shared_ptr<Memory>(std::int64_t images)>& make) {
    Entry entry = state_->find(images);
    if (!entry.memory) entry = {images, make(images)};
    Memory* const memory = entry.memory.get();
    return {memory, [state = state_, entry = std::move(entry)](Memory*) { state->put(entry); }};
  }

 private:
  struct Entry {
    std::int64_t images = 0;
    std::shared_ptr<Memory> memory;
  };

  struct State {
    /// The entry that returned last, dropping those too small; none if there is none left.
    Entry find(std::int64_t images) {
      const std::scoped_lock lock(mutex);
      while (!free.empty()) {
        Entry entry = std::move(free.back());
        free.pop_back();
        if (entry.images >= images) return entry;
      }
      return {};
    }
    void put(const Entry& entry) {
      const std::scoped_lock lock(mutex);
      free.push_back(entry);
    }

    std::mutex mutex;
    std::vector<Entry> free;
  };

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace cebm
