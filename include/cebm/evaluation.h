/// Running evaluators on a trained run: every set is read once, every per-image quantity computed once and cached.
#pragma once

#include <cebm/evaluator.h>
#include <cebm/run.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cebm {

/// One evaluator with its options and the folder its results go to.
struct Evaluation {
  std::string name;
  std::shared_ptr<Evaluator> evaluator;
  std::string options;  ///< resolved YAML
  std::filesystem::path directory;
  std::string command = {};  ///< the command line that repeats it, stored with the result; may be empty
};

struct EvaluationPlan {
  std::filesystem::path data_root = {};
  std::vector<std::string> data_options = {};  ///< "key=value" for the run's own data set
  /// Folder that caches per-image quantities; empty: no cache. One that cannot be written is a warning.
  std::filesystem::path columns = {};
  std::int64_t batch_size = 512;  ///< rounded up to whole tiles; results do not depend on it
  std::uint64_t seed = 1;
  bool resize = false;      ///< resizes sets of another image shape to the model's
  bool keep_going = false;  ///< a failed evaluation does not stop the others
  torch::Device device = torch::kCPU;
  /// Ranks that compute columns together (columns.h); each calls evaluate() with the same arguments. Rank 0 does the
  /// rest and returns the outcome, the others an empty one.
  std::shared_ptr<Ranks> ranks = single_rank();
  /// Receives what is being read, the number of images done, and their total.
  std::function<void(const std::string& what, std::uint64_t done, std::uint64_t total)> progress = {};
  std::function<void(const std::string&)> message = {};
  /// Asked after every batch; true keeps what was computed and ends the evaluation.
  std::function<bool()> should_stop = {};
};

struct EvaluationOutcome {
  bool stopped = false;                 ///< by should_stop; finished evaluations have written their results
  std::vector<nlohmann::json> results;  ///< one per evaluation, in order; null if it failed or did not finish
  std::vector<std::string> failures;    ///< "<name>: <error>", empty for the others; filled if plan.keep_going
};

/// Runs the evaluations side by side. Each directory gets a result.json:
///   {"evaluator", "options", "provenance": {version, config, weights and data checksums, step, seed}, "command",
///    "result"};
/// an evaluation whose existing result.json has the same options and provenance is not run again. The cache of columns
/// also holds the checksums of sets that come from files: while the files' sizes and times are unchanged, this decision
/// does not read them. Throws ConfigError for a set whose images have another shape than the model's unless
/// plan.resize is set; DataError, IoError.
EvaluationOutcome evaluate(const OpenedRun& run, const Catalog& catalog, const std::vector<Evaluation>& evaluations,
                           const EvaluationPlan& plan);

/// Reads a result.json. Throws DataError naming the file if it is missing or damaged.
nlohmann::json read_result(const std::filesystem::path& directory);

/// Outcome of the last `cebm-eval all` besides the results: <run>/eval/all.json.
struct EvaluationSurvey {
  std::string command;
  std::map<std::string, std::string> unsuited;  ///< evaluator, and why it does not suit the run's model
  std::map<std::string, std::string> failed;    ///< evaluator, and its error; both texts begin with its name
};

void write_survey(const std::filesystem::path& directory, const EvaluationSurvey& survey);
/// An empty one where the directory has none. Throws DataError naming the file if it is damaged.
EvaluationSurvey read_survey(const std::filesystem::path& directory);

}  // namespace cebm
