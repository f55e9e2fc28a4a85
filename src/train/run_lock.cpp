#include "train/run_lock.h"

#include <cebm/errors.h>

#include "base/scratch_folder.h"
#include "base/unfinished_files.h"

namespace cebm {

RunLock::RunLock(const std::filesystem::path& directory) : file_(directory / ".lock") {
  // A second try where the one who had it has ended between our opening its file and our asking for it.
  if (!file_.try_lock() && !file_.try_lock()) {
    const auto holder = file_.holder();
    throw IoError(directory.string() + ": another process " + (holder ? "(" + std::to_string(*holder) + ") " : "") +
                  "is training in this directory; wait for it, or choose another --out");
  }
  file_.sign();
  const Leftovers whose = file_.excludes_others() ? Leftovers::of_anyone : Leftovers::of_ended_processes;
  for (const char* folder : {"", "checkpoints", "samples", "curves"})
    remove_unfinished_files(directory / folder, whose);
  ScratchFolder::clean_up(directory / "checkpoints", whose);
}

}  // namespace cebm
