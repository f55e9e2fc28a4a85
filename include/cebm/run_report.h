/// The report of a run.
#pragma once

#include <cebm/evaluator.h>

#include <filesystem>

namespace cebm {

/// Writes report.html (and curves/*.svg) from what is in the run's directory: data beside samples, a section for each
/// finished evaluation (evaluation.h) with the command that repeats it, sample grids over time, curves, configuration.
/// A result that is damaged or of another form is named on the page. Returns the page's path.
std::filesystem::path write_run_report(const std::filesystem::path& directory,
                                       const Registry<EvaluatorEntry>& evaluators = built_in_evaluators());

}  // namespace cebm
