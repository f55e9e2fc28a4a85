// cebm-eval's work on one run: a single evaluator, or all that apply.
#pragma once

#include <cebm/catalog.h>

#include "programs/eval_flags.h"

namespace cebm::app {

/// Returns the program's exit code.
int run_evaluator(const Catalog& catalog, const EvaluatorEntry& row, const EvaluationFlags& flags);

/// Runs every evaluator that applies to the run's model (those on request only if one of their options is set), then
/// writes the report; a failure does not stop the others. Options have the form "evaluator.key=value". Returns 1 if one
/// failed.
int run_all(const Catalog& catalog, const EvaluationFlags& flags);

}  // namespace cebm::app
