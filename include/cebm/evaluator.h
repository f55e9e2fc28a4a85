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

/// A set that an evaluator wants to see, once, whole and in order.
struct Feed {
  std::string data;  ///< a registered data set; empty: the one the run was trained on
  std::string split = "test";
  bool optional = false;  ///< where the set cannot be had, the evaluator is told by `missing` and goes without
  bool distinct = false;  ///< must not be the images of another feed of the evaluation; then it cannot be had
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
  /// What it wants to see.
  virtual std::vector<Feed> feeds() const { return {Feed{}}; }
  /// What the result depends on besides the options, the run, the seed and the sets, as an object: other runs, for
  /// example. Becomes part of the provenance.
  virtual nlohmann::json provenance() const { return nlohmann::json::object(); }
  /// Called before the first batch of feeds()[feed], with the whole set.
  virtual void begin(std::size_t feed, const Dataset& data) {
    (void)feed;
    (void)data;
  }
  /// Called instead of begin and add for a set of an optional feed that cannot be had.
  virtual void missing(std::size_t feed, const std::string& reason) {
    (void)feed;
    (void)reason;
  }
  /// Takes the next batch of feeds()[feed].
  virtual void add(std::size_t feed, EvaluationBatch& batch) = 0;
  /// Writes the results into `directory`, which exists, and returns a summary. Throws DataError where the sets do not
  /// allow it (too few labels).
  virtual nlohmann::json finish(const std::filesystem::path& directory) = 0;
};

/// Thrown by EvaluatorContext::progress where the user wants the evaluation to end; evaluate() keeps what was computed.
struct EvaluationStopped {};

struct OpenedRun;

struct EvaluatorContext {
  std::shared_ptr<Model> model;
  std::uint64_t seed = 1;     ///< of everything an evaluator draws
  Feed own;                   ///< what --data and --split name, for evaluators of a single set
  std::string run_data = {};  ///< the data set that the run was trained on
  std::function<void(const std::string&)> message = {};  ///< told what takes long; may be empty
  bool learned_labels = true;  ///< the run's objective did, so that components of the bias are classes
  /// The run that the model is of, for evaluators that draw from it; must outlive the evaluator.
  const OpenedRun* run = nullptr;
  std::filesystem::path cache = {};  ///< folder for what several runs share; empty: nothing is kept
  /// Told of what takes minutes, by the thread that evaluates: what is computed, done, and total; may be empty.
  std::function<void(const std::string& what, std::uint64_t done, std::uint64_t total)> progress = {};
};

class HtmlReport;

/// A finished evaluation, as its section of the run's report is made from it.
struct FinishedEvaluation {
  nlohmann::json result;            ///< what Evaluator::finish returned
  std::filesystem::path directory;  ///< with the files that it wrote
  std::string run_model;            ///< name of the run's model, "cebm"
  std::string run_data;             ///< name of the data set that it was trained on
};

struct EvaluatorEntry : Entry<Evaluator, const EvaluatorContext&> {
  /// Adds to a report (report.h) what a person wants to see of a result; where it is empty, the report shows the result
  /// as JSON. Throws what reading a result of another form throws: Error, nlohmann::json::exception.
  std::function<void(const FinishedEvaluation& finished, HtmlReport& report)> section;
  /// It draws from the model for minutes: `cebm-eval all` runs it only where one of its options is given.
  bool on_request = false;
};

Registry<EvaluatorEntry> built_in_evaluators();
template <>
const Registry<EvaluatorEntry>& registry_of(const Catalog& catalog);

}  // namespace cebm
