// One training at a time in a run directory.
#pragma once

#include "base/durable/lock.h"

namespace cebm {

/// Takes <directory>/.lock and removes what earlier processes left unfinished in the directory; a checkpoint that was
/// about to be replaced is put back. Throws IoError that names the other process if the directory is in use.
Lock lock_run(const std::filesystem::path& directory);

}  // namespace cebm
