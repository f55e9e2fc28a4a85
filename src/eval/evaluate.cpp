#include <c10/util/Exception.h>
#include <cebm/errors.h>
#include <cebm/evaluation.h>
#include <cebm/files.h>
#include <cebm/text.h>
#include <cebm/tiles.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "core/json_text.h"
#include "eval/column_store.h"
#include "eval/known_sets.h"
#include "eval/provenance.h"
#include "eval/same_images.h"
#include "io/unfinished_files.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

constexpr auto kFlushInterval = std::chrono::seconds(30);

class Batch final : public EvaluationBatch {
 public:
  Batch(ColumnStore& store, const ColumnContext& context, torch::Tensor images, torch::Tensor labels,
        std::int64_t first)
      : store_(store), context_(context), images_(std::move(images)), labels_(std::move(labels)), first_(first) {}
  std::int64_t first() const override { return first_; }
  std::int64_t size() const override { return images_.size(0); }
  const torch::Tensor& images() const override { return images_; }
  const torch::Tensor& labels() const override { return labels_; }
  const torch::Tensor& column(const std::string& name) override {
    const auto found = columns_.find(name);
    if (found != columns_.end()) return found->second;
    return columns_[name] = store_.rows(name, context_, images_, first_);
  }

 private:
  ColumnStore& store_;
  const ColumnContext& context_;
  torch::Tensor images_;
  torch::Tensor labels_;
  std::int64_t first_;
  std::map<std::string, torch::Tensor> columns_;
};

/// A set with the evaluators that want to see it.
struct Reading {
  Feed feed;
  std::shared_ptr<Dataset> data = nullptr;  ///< none before it is needed, or where an optional set is missing
  std::string missing = {};                 ///< why
  SetSource source = {};
  std::vector<std::pair<std::size_t, std::size_t>> listeners = {};  ///< evaluation, its feed
};

/// One call of evaluate().
class Session {
 public:
  Session(const OpenedRun& run, const Catalog& catalog, const std::vector<Evaluation>& evaluations,
          const EvaluationPlan& plan)
      : run_(run),
        catalog_(catalog),
        evaluations_(evaluations),
        plan_(plan),
        run_provenance_(run_provenance(run)),
        untrained_(run.config->model.build(
            ModelContext{run.model->image_shape(), static_cast<std::uint64_t>(run.config->train.seed)})),
        sampler_(run.config->sampler().build()),
        known_sets_(plan.columns) {
    untrained_->to(plan.device);
    untrained_->eval();
    use_default_memory_format(*run.model);
    use_default_memory_format(*untrained_);
    context_ = {run.model.get(), untrained_.get(), sampler_.get(), static_cast<std::uint64_t>(run.config->train.seed)};
  }

  EvaluationOutcome run() {
    outcome_.results.resize(evaluations_.size());
    outcome_.failures.resize(evaluations_.size());
    for (std::size_t e = 0; e < evaluations_.size(); ++e) {
      remove_unfinished_files(evaluations_[e].directory, Leftovers::of_ended_processes);
      guard(e, [&] {
        const std::vector<Feed> feeds = evaluations_[e].evaluator->feeds();
        for (std::size_t f = 0; f < feeds.size(); ++f) listen(e, f, feeds);
        outcome_.results[e] = reused(e);
      });
    }
    warn_of_splits_that_are_one();
    for (Reading& reading : readings_) {
      drop_done(reading);
      if (!reading.listeners.empty() && !read(reading)) return stopped();
      reading.data.reset();
    }
    for (std::size_t e = 0; e < evaluations_.size(); ++e) {
      if (done(e)) continue;
      if (stop_asked()) return stopped();
      guard(e, [&] { outcome_.results[e] = finish(e); });
    }
    return outcome_;
  }

 private:
  /// Has a result or failed.
  bool done(std::size_t e) const { return !outcome_.results[e].is_null() || !outcome_.failures[e].empty(); }

  void drop_done(Reading& reading) const {
    std::erase_if(reading.listeners, [&](const auto& who) { return done(who.first); });
  }

  EvaluationOutcome stopped() {
    outcome_.stopped = true;
    return outcome_;
  }

  bool stop_asked() const { return plan_.should_stop && plan_.should_stop(); }

  /// A step of one evaluation: where others shall go on without it, its error is noted.
  template <class Step>
  void guard(std::size_t e, const Step& step) {
    if (!plan_.keep_going) return step();
    try {
      step();
    } catch (const c10::Error& error) {
      fail(e, error.what_without_backtrace());
    } catch (const std::exception& error) {
      fail(e, error.what());
    }
  }

  void fail(std::size_t e, const std::string& message) {
    const std::string name = evaluations_[e].name + ": ";
    outcome_.failures[e] = message.starts_with(name) ? message : name + message;
  }

  /// Feed f of evaluation e becomes a listener of its set.
  void listen(std::size_t e, std::size_t f, const std::vector<Feed>& feeds) {
    const Feed& feed = feeds[f];
    Reading* reading = &reading_of(feed);
    if (const auto reason = repetition(*reading, e, feed.distinct, feeds)) {
      if (!feed.optional) throw DataError(evaluations_[e].name + ": " + *reason);
      reading = &readings_.emplace_back(without(feed, *reason));
    }
    reading->listeners.emplace_back(e, f);
  }

  /// Why the images are those of another feed of the evaluation although one of the two must be distinct, or nothing.
  std::optional<std::string> repetition(const Reading& reading, std::size_t e, bool distinct,
                                        const std::vector<Feed>& feeds) const {
    if (!reading.missing.empty()) return std::nullopt;
    for (const Reading& other : readings_) {
      if (!other.missing.empty()) continue;
      for (const auto& [listener, f] : other.listeners) {
        if (listener != e || !(distinct || feeds[f].distinct)) continue;
        if (auto reason = same_images(other.source, reading.source)) return reason;
      }
    }
    return std::nullopt;
  }

  /// Accuracies of a test set that is the training set mean nothing, but a folder without splits has no other.
  void warn_of_splits_that_are_one() const {
    for (std::size_t a = 0; a < readings_.size(); ++a) {
      for (std::size_t b = 0; b < a; ++b) {
        const SetSource& one = readings_[a].source;
        const SetSource& other = readings_[b].source;
        if (one.name != other.name || one.split == other.split || !readings_[a].missing.empty()) continue;
        if (const auto reason = same_images(other, one)) say("warning: " + *reason);
      }
    }
  }

  Reading& reading_of(const Feed& feed) {
    for (Reading& reading : readings_) {
      if (reading.feed.data != feed.data || reading.feed.split != feed.split) continue;
      if (!reading.missing.empty() && !feed.optional) throw DataError(reading.missing);
      return reading;
    }
    Reading reading{feed};
    try {
      reading.source = {choice(feed).name(), feed.split, {}, {}};
      if (auto known = known_sets_.find(request_of(feed), folders_of(feed))) {
        reading.source.files = std::move(known->files);
        reading.source.provenance = std::move(known->provenance);
      } else {
        load(reading);
      }
    } catch (const Error& error) {
      if (!feed.optional) throw;
      reading = without(feed, error.what());
    }
    if (reading.data) {
      known_sets_.remember(request_of(feed), folders_of(feed), *reading.data, reading.source.provenance);
    }
    return readings_.emplace_back(std::move(reading));
  }

  /// An optional set that cannot be had.
  Reading without(const Feed& feed, const std::string& reason) const {
    Reading reading{feed};
    reading.missing = readable(reason);
    reading.source.provenance = {{"name", feed.data}, {"split", feed.split}, {"missing", reading.missing}};
    say("warning: goes on without data set " + feed.data + ": " + reason);
    return reading;
  }

  Choice<DatasetEntry> choice(const Feed& feed) const {
    const bool own = feed.data.empty() || feed.data == run_.config->data.name();
    Choice<DatasetEntry> data(catalog_.datasets, catalog_, own ? run_.config->data.name() : feed.data);
    if (own) {
      ConfigNode node = parse_config(dump_options(run_.config->data.options()), "the run's data set");
      apply_overrides(node, plan_.data_options);
      read_options(node, data.options());
    }
    return data;
  }

  DataContext context_of(const Feed& feed) const {
    return {.root = plan_.data_root, .split = feed.split, .seed = plan_.seed, .image = run_.model->image_shape()};
  }

  std::vector<fs::path> folders_of(const Feed& feed) const {
    return data_folders(choice(feed).name(), context_of(feed));
  }

  /// All that the set's images depend on besides its files.
  nlohmann::json request_of(const Feed& feed) const {
    const Choice<DatasetEntry> data = choice(feed);
    const ImageShape image = run_.model->image_shape();
    return {{"version", run_provenance_.at("version")},
            {"set", data.name()},
            {"options", dump_options(data.options())},
            {"split", feed.split},
            {"seed", plan_.seed},
            {"image", {image.channels, image.height, image.width}},
            {"resize", plan_.resize}};
  }

  void load(Reading& reading) const {
    const Choice<DatasetEntry> data = choice(reading.feed);
    const ImageShape image = run_.model->image_shape();
    DataContext context = context_of(reading.feed);
    context.progress = [&](std::uint64_t done, std::uint64_t total) {
      if (plan_.progress) plan_.progress("read " + data.name(), done, total);
    };
    auto set = data.build(context);
    if (set->size() == 0)
      throw DataError("data set " + set->name + ", split " + reading.feed.split + ": holds no images");
    if (plan_.resize) *set = resized(*set, image);
    require_image_shape(*run_.model, set->image_shape(),
                        "data set " + set->name + (plan_.resize ? "" : " (--resize brings it to the model's size)"));
    for (const std::string& warning : set->warnings) say("warning: " + warning);
    reading.data = std::move(set);
    reading.source.files = reading.data->files;
    reading.source.provenance = data_provenance(*reading.data);
  }

  nlohmann::json provenance_of(std::size_t evaluation) const {
    nlohmann::json all = run_provenance_;
    all["seed"] = plan_.seed;
    all.update(evaluations_[evaluation].evaluator->provenance());
    std::map<std::size_t, nlohmann::json> of_feeds;  // in their order, whatever else is evaluated
    for (const Reading& reading : readings_) {
      for (const auto& [e, f] : reading.listeners) {
        if (e == evaluation) of_feeds[f] = reading.source.provenance;
      }
    }
    for (const auto& [f, provenance] : of_feeds) all["data"].push_back(provenance);
    return all;
  }

  nlohmann::json reused(std::size_t e) const {
    if (!fs::exists(evaluations_[e].directory / "result.json")) return {};
    try {
      nlohmann::json old = read_result(evaluations_[e].directory);
      if (old.at("options") == evaluations_[e].options && old.at("provenance") == provenance_of(e)) {
        say(evaluations_[e].name + ": nothing has changed since the last time, its result stands");
        return old;
      }
    } catch (const DataError& damaged) {
      say(std::string("computed anew: ") + damaged.what());
    } catch (const nlohmann::json::exception&) {
      say("computed anew: " + (evaluations_[e].directory / "result.json").string() + " is of another format");
    }
    return {};
  }

  /// False if it was stopped.
  bool read(Reading& reading) {
    if (!reading.missing.empty()) {
      for (const auto& [e, f] : reading.listeners) {
        guard(e, [&, f = f, e = e] { evaluations_[e].evaluator->missing(f, reading.missing); });
      }
      return true;
    }
    for (const auto& [e, f] : reading.listeners) {
      if (!reading.data) guard(e, [&] { load(reading); });
    }
    if (!reading.data) return true;
    const Dataset& data = *reading.data;
    const std::string name = data.name + "_" + data.split;
    const fs::path folder = plan_.columns.empty() ? fs::path() : plan_.columns / name;
    if (!folder.empty()) remove_unfinished_files(folder, Leftovers::of_ended_processes);
    ColumnStore store(folder, {{"run", run_provenance_}, {"data", reading.source.provenance}});
    for (const auto& [e, f] : reading.listeners) {
      guard(e, [&, f = f, e = e] { evaluations_[e].evaluator->begin(f, data); });
    }
    auto flushed = std::chrono::steady_clock::now();
    // Whole tiles: an image is computed at the same place of its tile whatever the batch size.
    const std::int64_t batch_size = (plan_.batch_size + kTileSize - 1) / kTileSize * kTileSize;
    for (std::int64_t begin = 0; begin < data.size(); begin += batch_size) {
      drop_done(reading);
      if (reading.listeners.empty()) break;
      const std::int64_t size = std::min(batch_size, data.size() - begin);
      Batch batch(store, context_,
                  to_float(data.images.narrow(0, begin, size).to(plan_.device), run_.model->pixel_range()),
                  data.labels.narrow(0, begin, size), begin);
      for (const auto& [e, f] : reading.listeners) {
        guard(e, [&, f = f, e = e] { evaluations_[e].evaluator->add(f, batch); });
      }
      if (plan_.progress) {
        plan_.progress(name, static_cast<std::uint64_t>(begin + size), static_cast<std::uint64_t>(data.size()));
      }
      const bool stop = stop_asked();
      if (stop || std::chrono::steady_clock::now() - flushed > kFlushInterval) {
        store.flush();
        flushed = std::chrono::steady_clock::now();
      }
      if (stop) return false;
    }
    store.flush();
    return true;
  }

  nlohmann::json finish(std::size_t e) const {
    const Evaluation& evaluation = evaluations_[e];
    require_writable_directory(evaluation.directory);
    nlohmann::json result = {{"evaluator", evaluation.name},
                             {"options", evaluation.options},
                             {"provenance", provenance_of(e)},
                             {"command", evaluation.command},
                             {"result", evaluation.evaluator->finish(evaluation.directory)}};
    write_file_atomically(evaluation.directory / "result.json", dump_json(result, 2) + "\n");
    return result;
  }

  void say(const std::string& text) const {
    if (plan_.message) plan_.message(text);
  }

  const OpenedRun& run_;
  const Catalog& catalog_;
  const std::vector<Evaluation>& evaluations_;
  const EvaluationPlan& plan_;
  nlohmann::json run_provenance_;
  std::shared_ptr<Model> untrained_;
  std::shared_ptr<Sampler> sampler_;
  ColumnContext context_;
  std::vector<Reading> readings_;
  KnownSets known_sets_;
  EvaluationOutcome outcome_;
};

}  // namespace

EvaluationOutcome evaluate(const OpenedRun& run, const Catalog& catalog, const std::vector<Evaluation>& evaluations,
                           const EvaluationPlan& plan) {
  return Session(run, catalog, evaluations, plan).run();
}

nlohmann::json read_result(const fs::path& directory) {
  const fs::path file = directory / "result.json";
  try {
    nlohmann::json result = parse_json(read_file(file));
    for (const char* key : {"evaluator", "options", "provenance", "result"}) {
      if (!result.contains(key)) throw DataError(file.string() + ": expected a result with '" + key + "', found none");
    }
    return result;
  } catch (const IoError& error) {
    throw DataError(error.what());
  } catch (const nlohmann::json::exception& error) {
    throw DataError(file.string() + ": expected the JSON of a result, found damage: " + error.what());
  }
}

}  // namespace cebm
