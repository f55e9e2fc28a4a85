#include "train/run_lock.h"

#include <cebm/errors.h>

#include "runs/run_layout.h"

namespace cebm {

Lock lock_run(const std::filesystem::path& directory) {
  auto lock = Lock::take(directory / ".lock");
  if (!lock)
    throw IoError(directory.string() + ": " + holder_of(directory / ".lock") +
                  " is training in this directory; wait for it, or choose another --out");
  for (const char* folder : {"", run_layout::kCheckpoints, run_layout::kSamples, "curves"})
    clean_up(directory / folder, lock->leftovers());
  return std::move(*lock);
}

}  // namespace cebm
