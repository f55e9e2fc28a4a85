#include "fetch/lock.h"

#include <chrono>
#include <thread>

namespace cebm {

FolderLock::FolderLock(const std::filesystem::path& folder, const std::function<void()>& on_wait,
                       const std::function<bool()>& should_stop)
    : file_(folder / ".lock") {
  while (!file_.try_lock()) {
    if (should_stop && should_stop()) return;
    if (!waited_ && on_wait) on_wait();
    waited_ = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

}  // namespace cebm
