#include "train/run_files.h"

#include <cebm/checkpoint.h>
#include <cebm/errors.h>

#include <cstdio>
#include <system_error>

namespace cebm {

namespace fs = std::filesystem;

std::string sample_name(std::uint64_t step) {
  char name[32];
  std::snprintf(name, sizeof name, "step_%09llu.png", static_cast<unsigned long long>(step));
  return name;
}

void remove_samples_after(const fs::path& directory, std::uint64_t step) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory / "samples", ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("step_") && name > sample_name(step)) fs::remove(entry.path(), ignored);
  }
}

std::optional<fs::path> set_record_aside(const fs::path& directory) {
  const fs::path record = directory / "metrics.csv";
  std::error_code error;
  if (!fs::is_regular_file(record, error)) return std::nullopt;
  fs::path aside;
  int number = 1;
  do {
    aside = directory / ("metrics.before_" + std::to_string(number++) + ".csv");
  } while (fs::exists(fs::symlink_status(aside, error)));
  fs::rename(record, aside, error);
  if (error) throw IoError(record.string() + ": cannot be renamed to " + aside.string() + ": " + error.message());
  return aside;
}

bool holds_run(const fs::path& directory) {
  std::error_code ignored;
  return fs::exists(directory / "config.yaml", ignored) || fs::exists(directory / "metrics.csv", ignored) ||
         !checkpoint_steps(directory / "checkpoints").empty();
}

void remove_start(const fs::path& directory) {
  std::error_code ignored;
  fs::remove_all(directory / "checkpoints" / checkpoint_name(0), ignored);
  // config.yaml last: its presence marks the directory as a run.
  for (const char* name :
       {"checkpoints/latest", "checkpoints", "samples/data.png", "samples/step_000000001.png", "samples", "metrics.csv",
        "metrics.json", "timing.csv", "events.csv", "events.out.tfevents.0.cebm", "run.json", "config.yaml"})
    fs::remove(directory / name, ignored);
}

}  // namespace cebm
