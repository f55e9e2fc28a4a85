// One training at a time in a run directory.
#pragma once

#include "base/durable/lock.h"

namespace cebm {

/// Takes <directory>/.lock and removes temporary files of earlier processes from the directory; restores a checkpoint
/// whose replacement was interrupted. Throws IoError that names the other process if the directory is in use.
Lock lock_run(const std::filesystem::path& directory);

}  // namespace cebm
