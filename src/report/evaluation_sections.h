// The evaluations of a run on its report page.
#pragma once

#include <cebm/evaluator.h>
#include <cebm/report.h>

#include <filesystem>

namespace cebm {

/// Adds a section for every result.json below <directory>/eval, in the order of the registry: the evaluator's own
/// section (EvaluatorEntry::section), the result's origin, and the command that repeats it; then the evaluators that
/// did not apply or failed in the last call over all of them. Damaged files are named on the page.
void add_evaluations(HtmlReport& report, const std::filesystem::path& directory,
                     const Registry<EvaluatorEntry>& evaluators);

}  // namespace cebm
