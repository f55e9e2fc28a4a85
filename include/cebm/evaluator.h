/// Evaluations of a trained model: batches of labelled images go in, files and a summary come out.
#pragma once

#include <cebm/columns.h>
#include <cebm/dataset.h>
#include <cebm/model.h>
#include <cebm/registry.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cebm {

/// A data set that an evaluator requests; it gets all images, once and in order.
struct Feed {
  std::string data;  ///< a registered data set; empty: the one the run was trained on
  std::string split = "test";
  bool optional = false;  ///< if the set is unavailable, the evaluator is told by missing() and continues
  bool distinct = false;  ///< unavailable if it has the same images as another feed of the evaluation
  bool operator==(const Feed&) const = default;
};

/// Consecutive images of a feed.
class EvaluationBatch {
 public:
  virtual ~EvaluationBatch() = default;
  /// Place of the first image in its set.
  virtual std::int64_t first() const = 0;
  virtual std::int64_t size() const = 0;
  /// [B, C, H, W] float in the model's pixel range, on its device.
  virtual const torch::Tensor& images() const = 0;
  /// [B] int64 on the CPU, -1 where there is no label.
  virtual const torch::Tensor& labels() const = 0;
  /// A per-image quantity by the name of its column, [B] or [B, D] float32 on the CPU; computed at most once for all
  /// evaluators, or read from what an earlier evaluation kept. Throws ConfigError if the model does not have it.
  virtual const torch::Tensor& column(const std::string& name) = 0;
};

class Evaluator {
 public:
  virtual ~Evaluator() = default;
  /// The data sets that it requests.
  virtual std::vector<Feed> feeds() const { return {Feed{}}; }
  /// What else the result depends on besides options, run, seed and sets (other runs, for example), as a JSON object.
  /// Becomes part of the provenance.
  virtual nlohmann::json provenance() const { return nlohmann::json::object(); }
  /// Called before the first batch of feeds()[feed], with the whole set.
  virtual void begin(std::size_t feed, const Dataset& data) {
    (void)feed;
    (void)data;
  }
  /// Called instead of begin and add if the set of an optional feed is unavailable.
  virtual void missing(std::size_t feed, const std::string& reason) {
    (void)feed;
    (void)reason;
  }
  /// Takes the next batch of feeds()[feed].
  virtual void add(std::size_t feed, EvaluationBatch& batch) = 0;
  /// Writes the results into `directory`, which exists, and returns a summary. Throws DataError if the sets are
  /// unsuitable (too few labels).
  virtual nlohmann::json finish(const std::filesystem::path& directory) = 0;
};

/// Thrown by EvaluatorContext::progress when the user stops the evaluation; evaluate() keeps what was computed.
struct EvaluationStopped {};

struct OpenedRun;

struct EvaluatorContext {
  std::shared_ptr<Model> model;
  std::uint64_t seed = 1;     ///< of what an evaluator draws itself; noise of columns (refinement) is by the run's
  Feed own;                   ///< what --data and --split name, as far as the row's `own` says that they are read
  std::string run_data = {};  ///< the data set that the run was trained on
  std::function<void(const std::string&)> message = {};  ///< receives messages about slow steps; may be empty
  bool learned_labels = true;  ///< by the run's objective, so that components of the bias are classes
  /// The model's run, for evaluators that draw from it; must outlive the evaluator.
  const OpenedRun* run = nullptr;
  std::filesystem::path cache = {};  ///< cache folder that several runs share; empty: no cache
  /// Progress of steps that take minutes, on the evaluating thread: what is computed, done, and total; may be empty.
  std::function<void(const std::string& what, std::uint64_t done, std::uint64_t total)> progress = {};
};

/// What an evaluator reads of EvaluatorContext::own. Programs refuse --data and --split where they have no effect.
enum class OwnSet {
  fixed,          ///< nothing: it reads splits of its choice of the run's own set
  data,           ///< the set, of which it reads splits of its choice
  data_and_split  ///< both
};

class HtmlReport;

/// A finished evaluation, from which its section of the run's report is made.
struct FinishedEvaluation {
  nlohmann::json result;            ///< what Evaluator::finish returned
  std::filesystem::path directory;  ///< with the files that it wrote
  std::string run_model;            ///< name of the run's model, "cebm"
  std::string run_data;             ///< name of the data set that it was trained on
  bool beside_paper = false;        ///< of the run's own test set and without labels in training, as the paper's
};

struct EvaluatorEntry : Entry<Evaluator, const EvaluatorContext&> {
  /// Adds a result to a report (report.h) in readable form; if empty, the report shows the result as JSON. Throws Error
  /// or nlohmann::json::exception for a malformed result.
  std::function<void(const FinishedEvaluation& finished, HtmlReport& report)> section;
  /// It takes minutes to draw from the model: `cebm-eval all` runs it only if one of its options is given.
  bool on_request = false;
  OwnSet own = OwnSet::fixed;
};

Registry<EvaluatorEntry> built_in_evaluators();
template <>
const Registry<EvaluatorEntry>& registry_of(const Catalog& catalog);

}  // namespace cebm
