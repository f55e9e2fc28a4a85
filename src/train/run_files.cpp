#include "train/run_files.h"

#include <cebm/checkpoint.h>

#include <system_error>

namespace cebm {

namespace fs = std::filesystem;

void remove_start(const fs::path& directory) {
  std::error_code ignored;
  fs::remove_all(directory / "checkpoints" / checkpoint_name(0), ignored);
  // config.yaml last: it is what makes the directory a run.
  for (const char* name : {"checkpoints/latest", "checkpoints", "samples/data.png", "samples/step_000000001.png",
                           "samples", "metrics.csv", "timing.csv", "events.csv", "config.yaml"})
    fs::remove(directory / name, ignored);
}

}  // namespace cebm
