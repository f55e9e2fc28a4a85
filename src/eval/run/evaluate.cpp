#include <cebm/evaluation.h>
#include <cebm/files.h>
#include <cebm/sampling.h>
#include <cebm/tiles.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/durable/unfinished.h"
#include "eval/run/column_batch.h"
#include "eval/run/failures.h"
#include "eval/run/provenance.h"
#include "eval/run/reading_plan.h"
#include "eval/run/result_file.h"
#include "eval/run/shared_columns.h"

namespace cebm {

namespace {

constexpr auto kFlushInterval = std::chrono::seconds(30);

/// One call of evaluate().
class Session {
 public:
  Session(const OpenedRun& run, const Catalog& catalog, const std::vector<Evaluation>& evaluations,
          const EvaluationPlan& plan)
      : run_(run),
        evaluations_(evaluations),
        plan_(plan),
        run_provenance_(run_provenance(run)),
        untrained_(run.config->model.build(
            ModelContext{run.model->image_shape(), static_cast<std::uint64_t>(run.config->train.seed)})),
        sampler_(trained_sampler(run)),
        sets_(run, catalog, plan, run_provenance_.at("version")),
        caches_(plan),
        readings_(sets_, evaluations, plan, caches_),
        failures_(evaluations, plan.keep_going),
        shared_(plan.ranks),
        results_(evaluations.size()) {
    untrained_->to(plan.device);
    untrained_->eval();
    source_.emplace(*run.model, untrained_.get(), sampler_.get(), static_cast<std::uint64_t>(run.config->train.seed));
  }

  /// Runs on ranks other than 0: computes their rows of the columns that rank 0 requests.
  EvaluationOutcome help() {
    Reading reading;
    shared_.help(*source_, [&](const Feed& feed, std::int64_t first, std::int64_t count) {
      if (!reading.data || reading.feed != feed) {
        reading = {};
        reading.feed = feed;
        sets_.load(reading);
      }
      return batch_of(*reading.data, first, count);
    });
    return {};
  }

  EvaluationOutcome run() {
    for (std::size_t e = 0; e < evaluations_.size(); ++e) {
      clean_up(evaluations_[e].directory, Leftovers::of_ended_processes);
      failures_.attempt(e, [&] {
        readings_.add(e);
        results_[e] = reusable_result(evaluations_[e], provenance_of(e), plan_);
      });
    }
    readings_.warn_of_splits_that_are_one();
    for (Reading& reading : readings_.readings()) {
      drop_done(reading);
      if (!reading.listeners.empty() && !read(reading)) return outcome(/*stopped=*/true);
      reading.data.reset();
    }
    for (std::size_t e = 0; e < evaluations_.size(); ++e) {
      if (done(e)) continue;
      if (stop_asked()) return outcome(/*stopped=*/true);
      try {
        failures_.attempt(e, [&] { results_[e] = finish(e); });
      } catch (const EvaluationStopped&) {
        return outcome(/*stopped=*/true);
      }
    }
    return outcome(/*stopped=*/false);
  }

 private:
  EvaluationOutcome outcome(bool stopped) const { return {stopped, results_, failures_.messages()}; }

  torch::Tensor batch_of(const Dataset& data, std::int64_t first, std::int64_t count) const {
    return to_float(data.images.narrow(0, first, count).to(plan_.device), run_.model->pixel_range());
  }

  /// Has a result or failed.
  bool done(std::size_t e) const { return !results_[e].is_null() || failures_.has(e); }

  void drop_done(Reading& reading) const {
    std::erase_if(reading.listeners, [&](const auto& who) { return done(who.first); });
  }

  bool stop_asked() const { return plan_.should_stop && plan_.should_stop(); }

  nlohmann::json provenance_of(std::size_t e) const {
    nlohmann::json all = run_provenance_;
    all["seed"] = plan_.seed;
    all.update(evaluations_[e].evaluator->provenance());
    for (const nlohmann::json& set : readings_.provenance_of(e)) all["data"].push_back(set);
    return all;
  }

  /// Calls step(evaluator, its feed) for every listener of the set.
  template <class Step>
  void for_each_listener(const Reading& reading, const Step& step) {
    for (const auto& [e, f] : reading.listeners) {
      failures_.attempt(e, [&, f = f, e = e] { step(*evaluations_[e].evaluator, f); });
    }
  }

  /// Passes the set to its listeners batch by batch. False if it was stopped.
  bool read(Reading& reading) {
    if (!reading.missing.empty()) {
      for_each_listener(reading, [&](Evaluator& evaluator, std::size_t f) { evaluator.missing(f, reading.missing); });
      return true;
    }
    for_each_listener(reading, [&](Evaluator&, std::size_t) {
      if (!reading.data) sets_.load(reading);
    });
    if (!reading.data) return true;
    const Dataset& data = *reading.data;
    const std::string name = data.name + "_" + data.split;
    const std::filesystem::path folder = plan_.columns.empty() ? std::filesystem::path() : plan_.columns / name;
    if (!folder.empty()) clean_up(folder, Leftovers::of_ended_processes);
    const auto compute = [&](const Column& column, ColumnSource& source, const torch::Tensor& images,
                             std::int64_t first) {
      return shared_.compute(reading.feed, column, source, images, first);
    };
    ColumnStore store(folder, {{"run", run_provenance_}, {"data", reading.source.provenance}}, compute);
    for_each_listener(reading, [&](Evaluator& evaluator, std::size_t f) { evaluator.begin(f, data); });
    auto flushed = std::chrono::steady_clock::now();
    // Rounded up to whole tiles: an image has the same place in its tile for every batch size.
    const std::int64_t batch_size = (plan_.batch_size + kTileSize - 1) / kTileSize * kTileSize;
    for (std::int64_t begin = 0; begin < data.size(); begin += batch_size) {
      drop_done(reading);
      if (reading.listeners.empty()) break;
      const std::int64_t size = std::min(batch_size, data.size() - begin);
      ColumnBatch batch(store, *source_, batch_of(data, begin, size), data.labels.narrow(0, begin, size), begin);
      for_each_listener(reading, [&](Evaluator& evaluator, std::size_t f) { evaluator.add(f, batch); });
      if (plan_.progress) {
        plan_.progress(name, static_cast<std::uint64_t>(begin + size), static_cast<std::uint64_t>(data.size()));
      }
      const bool stop = stop_asked();
      if (stop || std::chrono::steady_clock::now() - flushed > kFlushInterval) {
        caches_.attempt([&] { store.flush(); });
        flushed = std::chrono::steady_clock::now();
      }
      if (stop) return false;
    }
    caches_.attempt([&] { store.flush(); });
    return true;
  }

  nlohmann::json finish(std::size_t e) const {
    const Evaluation& evaluation = evaluations_[e];
    require_writable_directory(evaluation.directory);
    return write_result(evaluation, provenance_of(e), evaluation.evaluator->finish(evaluation.directory));
  }

  const OpenedRun& run_;
  const std::vector<Evaluation>& evaluations_;
  const EvaluationPlan& plan_;
  nlohmann::json run_provenance_;
  std::shared_ptr<Model> untrained_;
  std::shared_ptr<Sampler> sampler_;
  std::optional<ColumnSource> source_;
  FeedSets sets_;
  CacheWriting caches_;
  ReadingPlan readings_;
  Failures failures_;
  SharedColumns shared_;
  std::vector<nlohmann::json> results_;
};

/// What ranks must agree on: each computes its rows with its own model and images.
std::string shared_work(const OpenedRun& run, const std::vector<Evaluation>& evaluations, const EvaluationPlan& plan) {
  nlohmann::json work{{"run", run_provenance(run)},
                      {"data", plan.data_options},
                      {"seed", plan.seed},
                      {"batch_size", plan.batch_size},
                      {"resize", plan.resize}};
  for (const Evaluation& evaluation : evaluations) {
    work["evaluations"].push_back({evaluation.name, evaluation.options, evaluation.directory.string()});
  }
  return work.dump();
}

}  // namespace

EvaluationOutcome evaluate(const OpenedRun& run, const Catalog& catalog, const std::vector<Evaluation>& evaluations,
                           const EvaluationPlan& plan) {
  // Before the session, whose end is an exchange of its own.
  if (!plan.ranks->alone()) {
    plan.ranks->require_same("run, evaluators and options", shared_work(run, evaluations, plan));
  }
  Session session(run, catalog, evaluations, plan);
  return plan.ranks->leads() ? session.run() : session.help();
}

}  // namespace cebm
