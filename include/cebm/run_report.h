/// The report of a run.
#pragma once

#include <cebm/evaluator.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cebm {

/// State of a training that is still running when its report is written.
struct TrainingStatus {
  std::uint64_t step = 0;   ///< gradient steps done
  std::uint64_t steps = 0;  ///< of the whole training
  double steps_per_second = 0.0;
  std::vector<std::string> warnings = {};
  std::int64_t refresh = 15;  ///< seconds after which an open page reloads itself
};

/// Writes report.html (and curves/*.svg) from the files in the run's directory: description and progress, data beside
/// samples, curves, a section for each finished evaluation (evaluation.h) with the command that repeats it, sample
/// grids over time, configuration. A result or a picture that is damaged or malformed is named on the page. During a
/// training the grids over time and the curves' files are left out. Returns the page's path. Throws CheckpointError if
/// the directory is not a run, IoError if the page cannot be written.
std::filesystem::path write_run_report(const std::filesystem::path& directory,
                                       const Registry<EvaluatorEntry>& evaluators = built_in_evaluators(),
                                       const std::optional<TrainingStatus>& training = {});

}  // namespace cebm
