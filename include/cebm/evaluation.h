/// Running evaluators on a trained run: every set is read once, every per-image quantity computed once and kept.
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
  std::string command = {};  ///< the command line that repeats it, kept beside the result; may be empty
};

struct EvaluationPlan {
  std::filesystem::path data_root = {};
  std::vector<std::string> data_options = {};  ///< "key=value" for the run's own data set
  std::filesystem::path columns = {};          ///< where per-image quantities are kept; empty: nowhere
  std::int64_t batch_size = 512;               ///< rounded up to whole tiles; results do not depend on it
  std::uint64_t seed = 1;
  bool resize = false;      ///< bring sets of another image shape to the model's
  bool keep_going = false;  ///< one that fails does not stop the others
  torch::Device device = torch::kCPU;
  /// Those that compute columns together (columns.h), each calling evaluate() with the same arguments. Rank 0 does the
  /// rest, and has the outcome.
  std::shared_ptr<Ranks> ranks = single_rank();
  /// What is being read, images done, and their total.
  std::function<void(const std::string& what, std::uint64_t done, std::uint64_t total)> progress = {};
  std::function<void(const std::string&)> message = {};
  /// Asked after every batch; true keeps what was computed and ends the evaluation.
  std::function<bool()> should_stop = {};
};

struct EvaluationOutcome {
  bool stopped = false;                 ///< by should_stop; those that were finished have written their results
  std::vector<nlohmann::json> results;  ///< one per evaluation, in order; null for one that failed
  std::vector<std::string> failures;    ///< "<name>: <error>", empty for the others; filled if plan.keep_going
};

/// Runs the evaluations side by side. Each directory gets a result.json:
///   {"evaluator", "options", "provenance": {version, config, weights and data checksums, step, seed}, "command",
///    "result"};
/// an evaluation whose result.json has the same options and provenance already is not run again. Where columns are
/// kept, so are the checksums of sets that come from files: as long as the files' sizes and times stay, they are not
/// read for that decision. Throws ConfigError for a set whose images have another shape than the model's unless
/// plan.resize is set; DataError, IoError.
EvaluationOutcome evaluate(const OpenedRun& run, const Catalog& catalog, const std::vector<Evaluation>& evaluations,
                           const EvaluationPlan& plan);

/// Reads a result.json. Throws DataError naming the file if it is missing or damaged.
nlohmann::json read_result(const std::filesystem::path& directory);

/// What became of the evaluators in the last call over all of them, besides their results: <run>/eval/all.json.
struct EvaluationSurvey {
  std::string command;
  std::map<std::string, std::string> unsuited;  ///< evaluator, why the run's model has no use for it
  std::map<std::string, std::string> failed;    ///< evaluator, its error; both begin with the evaluator's name
};

void write_survey(const std::filesystem::path& directory, const EvaluationSurvey& survey);
/// An empty one where the directory has none. Throws DataError naming the file if it is damaged.
EvaluationSurvey read_survey(const std::filesystem::path& directory);

}  // namespace cebm
