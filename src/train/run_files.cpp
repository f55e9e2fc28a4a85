#include "train/run_files.h"

#include <cebm/checkpoint.h>
#include <cebm/errors.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "runs/run_layout.h"
#include "runs/sample_grids.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

/// What a training writes before its second step. config.yaml last: its presence marks the directory as a run.
constexpr const char* kFirstFiles[] = {"checkpoints/latest", "samples/data.png",           "samples/step_000000001.png",
                                       run_layout::kMetrics, run_layout::kDeclarations,    run_layout::kTiming,
                                       run_layout::kEvents,  "events.out.tfevents.0.cebm", run_layout::kOrigin,
                                       run_layout::kConfig};

}  // namespace

void remove_samples_after(const fs::path& directory, std::uint64_t step) {
  std::error_code ignored;
  for (const SampleGrid& grid : sample_grids(directory)) {
    if (grid.step > step) fs::remove(grid.file, ignored);
  }
}

std::vector<fs::path> set_records_aside(const fs::path& directory, const std::vector<std::string>& records) {
  std::error_code error;
  const auto aside = [&](const std::string& record, int number) {
    const fs::path name = record;
    return directory / (name.stem().string() + ".before_" + std::to_string(number) + name.extension().string());
  };
  const auto is_taken = [&](int number) {
    return std::ranges::any_of(records, [&](const std::string& record) {
      return fs::exists(fs::symlink_status(aside(record, number), error));
    });
  };
  int number = 1;
  while (is_taken(number)) ++number;
  std::vector<fs::path> kept;
  for (const std::string& record : records) {
    const fs::path file = directory / record;
    if (!fs::is_regular_file(file, error)) continue;
    kept.push_back(aside(record, number));
    fs::rename(file, kept.back(), error);
    if (error) throw IoError(file.string() + ": cannot be renamed to " + kept.back().string() + ": " + error.message());
  }
  return kept;
}

std::optional<fs::path> set_record_aside(const fs::path& directory) {
  const auto kept = set_records_aside(directory, {run_layout::kMetrics, run_layout::kTiming});
  return kept.empty() ? std::nullopt : std::optional(kept.front());
}

bool holds_run(const fs::path& directory) {
  std::error_code ignored;
  return fs::exists(directory / run_layout::kConfig, ignored) ||
         fs::exists(directory / run_layout::kMetrics, ignored) ||
         !checkpoint_steps(directory / run_layout::kCheckpoints).empty();
}

std::optional<fs::path> file_in_the_way(const fs::path& directory) {
  std::error_code ignored;
  const auto is_there = [&](const fs::path& file) { return fs::exists(fs::symlink_status(file, ignored)); };
  for (const char* name : kFirstFiles) {
    if (is_there(directory / name)) return directory / name;
  }
  if (is_there(directory / run_layout::kReport)) return directory / run_layout::kReport;
  const auto grids = sample_grids(directory);
  return grids.empty() ? std::nullopt : std::optional(grids.front().file);
}

void remove_start(const fs::path& directory) {
  std::error_code ignored;
  fs::remove_all(directory / run_layout::kCheckpoints / checkpoint_name(0), ignored);
  for (const char* name : kFirstFiles) fs::remove(directory / name, ignored);
  // Not fs::remove(), which would also remove a link to a folder elsewhere.
  for (const char* folder : {run_layout::kCheckpoints, run_layout::kSamples}) ::rmdir((directory / folder).c_str());
}

}  // namespace cebm
