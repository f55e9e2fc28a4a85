#include "train/run_files.h"

#include <cebm/checkpoint.h>
#include <cebm/errors.h>
#include <unistd.h>

#include <system_error>

#include "runs/sample_grids.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

/// What a training writes before its second step. config.yaml last: its presence marks the directory as a run.
constexpr const char* kFirstFiles[] = {
    "checkpoints/latest", "samples/data.png", "samples/step_000000001.png", "metrics.csv", "metrics.json",
    "timing.csv",         "events.csv",       "events.out.tfevents.0.cebm", "run.json",    "config.yaml"};

}  // namespace

void remove_samples_after(const fs::path& directory, std::uint64_t step) {
  std::error_code ignored;
  for (const SampleGrid& grid : sample_grids(directory)) {
    if (grid.step > step) fs::remove(grid.file, ignored);
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

std::optional<fs::path> file_in_the_way(const fs::path& directory) {
  std::error_code ignored;
  const auto is_there = [&](const fs::path& file) { return fs::exists(fs::symlink_status(file, ignored)); };
  for (const char* name : kFirstFiles) {
    if (is_there(directory / name)) return directory / name;
  }
  if (is_there(directory / "report.html")) return directory / "report.html";
  const auto grids = sample_grids(directory);
  return grids.empty() ? std::nullopt : std::optional(grids.front().file);
}

void remove_start(const fs::path& directory) {
  std::error_code ignored;
  fs::remove_all(directory / "checkpoints" / checkpoint_name(0), ignored);
  for (const char* name : kFirstFiles) fs::remove(directory / name, ignored);
  // Not fs::remove(), which would also remove a link to a folder elsewhere.
  for (const char* folder : {"checkpoints", "samples"}) ::rmdir((directory / folder).c_str());
}

}  // namespace cebm
