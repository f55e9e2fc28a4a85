#include "train/run_lock.h"

#include <cebm/errors.h>

namespace cebm {

RunLock::RunLock(const std::filesystem::path& directory) : file_(directory / ".lock") {
  // A second try where the one who had it has ended between our opening its file and our asking for it.
  if (file_.try_lock() || file_.try_lock()) {
    file_.sign();
    return;
  }
  const auto holder = file_.holder();
  throw IoError(directory.string() + ": another process " + (holder ? "(" + std::to_string(*holder) + ") " : "") +
                "is training in this directory; wait for it, or choose another --out");
}

}  // namespace cebm
