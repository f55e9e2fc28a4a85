// cebm-eval's work on one run: a single evaluator, or all that apply.
#pragma once

#include <cebm/catalog.h>
#include <cebm/evaluation.h>

#include <string>
#include <vector>

#include "programs/company.h"
#include "programs/program.h"

namespace cebm::app {

struct EvaluationFlags {
  CommonFlags common;
  RankFlags ranks;
  std::vector<std::string> arguments;  ///< the whole command line, for the ranks that are started
  std::filesystem::path run;
  std::filesystem::path out;
  Feed own;
  std::string weights = "average";
  std::vector<std::string> overrides;
  EvaluationPlan plan;

  void add_run_to(CLI::App& cli);
  /// Adds all flags except --out; `set_help` explains --set.
  void add_to(CLI::App& cli, const std::string& set_help);
};

/// Returns the program's exit code.
int run_evaluator(const Catalog& catalog, const EvaluatorEntry& row, const EvaluationFlags& flags);

/// Runs every evaluator that applies to the run's model (those on request only if one of their options is set), then
/// writes the report; a failure does not stop the others. Options have the form "evaluator.key=value". Returns 1 if one
/// failed.
int run_all(const Catalog& catalog, const EvaluationFlags& flags);

}  // namespace cebm::app
