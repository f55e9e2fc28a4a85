// The evaluations of a run on its report page.
#pragma once

#include <cebm/evaluator.h>
#include <cebm/report.h>

#include <filesystem>

namespace cebm {

/// A section for every result.json below <directory>/eval, in the order of the registry: what its evaluator shows of it
/// (EvaluatorEntry::section), what it is of, and the command that repeats it; then what the last call over all
/// evaluators left out or failed in. What is damaged is named on the page.
void add_evaluations(HtmlReport& report, const std::filesystem::path& directory,
                     const Registry<EvaluatorEntry>& evaluators);

}  // namespace cebm
