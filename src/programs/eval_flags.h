// The flags of cebm-eval's evaluations, and what follows from them.
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
  Weights weights = Weights::average;
  std::vector<std::string> overrides;
  EvaluationPlan plan;

  void add_run_to(CLI::App& cli);
  /// Adds all flags except --out; `set_help` explains --set.
  void add_to(CLI::App& cli, const std::string& set_help);
};

/// The flags with --data and --split as far as an evaluator reads them.
EvaluationFlags as_read(const EvaluationFlags& flags, OwnSet own);

/// Whether one of the feeds is the run's own set or made of its images, so that --data-option has an effect.
bool reads_own_set(const std::vector<Feed>& feeds, const OpenedRun& run, const Catalog& catalog);

/// Throws ConfigError for --data, --split and --data-option if they have no effect on any of the evaluations. `read`:
/// the flags as each of them reads them; `name`: the evaluator's, or "all".
void refuse_unread(const EvaluationFlags& flags, const std::vector<EvaluationFlags>& read, const std::string& name);

/// Folder of the results below <run>/eval: <name>, and in it a folder for what differs from a regular evaluation:
/// <data>, <split>, "live" and data options as far as they are chosen; <data>_<split> in any case if the evaluator
/// reads only that set.
std::filesystem::path default_folder(const std::string& name, const std::vector<Feed>& feeds, const OpenedRun& run,
                                     const EvaluationFlags& read);

/// The command line that reproduces the results, without flags that do not change them.
std::string command_line(const std::string& name, const EvaluationFlags& read,
                         const std::vector<std::string>& overrides);

}  // namespace cebm::app
