#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <cebm/trainer.h>

#include <chrono>
#include <limits>

#include "train/attempt.h"
#include "train/checkpoint_keeper.h"
#include "train/event_log.h"
#include "train/guard.h"
#include "train/initial_weights.h"
#include "train/learner.h"
#include "train/metrics_log.h"
#include "train/resume.h"
#include "train/run_files.h"
#include "train/run_lock.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

/// For findings that do not tell by themselves what to change.
const std::string kAdvice =
    "Try a lower train.optimizer.learning_rate, more sampler.steps, a smaller sampler.alpha, a larger "
    "objective.energy_l2, train.optimizer.gradient_clip, another train.seed, or guard.policy=rollback";

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string step_text(const std::optional<std::uint64_t>& step) { return step ? checkpoint_name(*step) : "none"; }

/// One training from its first to its last step. Members are built in the order they depend on each other.
class Training {
 public:
  Training(const RunConfig& config, const TrainPlan& plan, const TrainCallbacks& callbacks)
      : config_(config),
        plan_(plan),
        callbacks_(callbacks),
        lock_(plan.directory),
        is_new_(!fs::exists(plan.directory / "config.yaml")),
        keeper_(plan.directory / "checkpoints", config.checkpoint, config.guard,
                [this](const std::string& text) { message(text); }),
        change_{plan.directory, plan.force, [this](const std::string& text) { message(text); }},
        resumed_(find_checkpoint()),
        initialize_(initial_weights(plan.init_from)),
        dataset_(read_dataset(config.data, plan.data)),
        images_(images_of(*dataset_)) {
    if (!lock_.excludes_others())
      warn(plan.directory.string() + ": its file system has no locks; let no other process train in it");
    // A set that does not know its images' shape is not read before this one.
    if (!image_shape_of(config.data, plan.data)) check(config, dataset_->image_shape(), plan);
    if (resumed_) {
      require_same_images(*resumed_, images_, change_);
      recall(*resumed_);
    }
    begin_attempt();
    if (resumed_) restore(*resumed_);
    resumed_.reset();
  }

  TrainOutcome run() {
    const auto steps = static_cast<std::uint64_t>(config_.train.steps);
    if (step_ >= steps) {
      message("nothing left to do: the run has done all " + std::to_string(steps) + " steps");
      return TrainOutcome::finished;
    }
    for (const auto& file : dataset_->files) message("read " + file.string());
    for (const auto& warning : dataset_->warnings) warn(warning);
    if (const std::string engine = learner_->objective().engine(); !engine.empty()) message("chains: " + engine);
    open_outputs();
    // So that there is something to go back to before the first regular one, with the weights that came from elsewhere.
    const bool has_start = config_.guard.policy == GuardPolicy::rollback || !plan_.init_from.empty();
    if (step_ == 0 && has_start) write_checkpoint(/*required=*/false);
    interval_start_ = Clock::now();
    while (step_ < steps) {
      std::optional<Finding> finding = train_step();
      const bool last = step_ == steps;
      const bool stop = !last && callbacks_.should_stop && callbacks_.should_stop();
      const bool out_of_time = !last && is_out_of_time();
      const bool save = callbacks_.should_save && callbacks_.should_save();
      if (!finding && (last || due(config_.train.log_every))) finding = write_metrics();
      if (!finding && (last || due(config_.train.sample_every))) write_samples();
      if (!finding && (last || stop || out_of_time || save || due(config_.checkpoint.every))) {
        finding = write_checkpoint(last || stop || out_of_time);
        if (save && !finding) message("saved, as asked, at step " + std::to_string(step_));
      }
      if (callbacks_.on_step) callbacks_.on_step(step_, steps);
      if (finding) recover(*finding);
      if (stop) return TrainOutcome::stopped;
      if (out_of_time) return TrainOutcome::out_of_time;
    }
    return TrainOutcome::finished;
  }

  /// Frees the directory of a new run that failed at its first step, so that the next try finds it as this one did.
  bool withdraw() const {
    std::error_code ignored;
    const bool begun = step_ > 1 || history_.attempt > 0 || fs::exists(keeper_.folder() / checkpoint_name(1), ignored);
    if (is_new_ && !begun) remove_start(plan_.directory);
    return is_new_ && !begun;
  }

  void write_report() const {
    try_to_write("report.html", [&] { write_run_report(plan_.directory); });
  }
  /// For an end that has a reason of its own, which must not give way to another.
  void write_report_if_possible() const {
    try {
      write_run_report(plan_.directory);
    } catch (const IoError& cause) {
      warn(cause.what());
    }
  }

 private:
  // ---- starting, going on -------------------------------------------------------------------------------------------

  std::optional<Checkpoint> find_checkpoint() {
    if (!plan_.resume) {
      if (fs::exists(plan_.directory / "config.yaml")) {
        throw ConfigError(plan_.directory.string() +
                          ": already holds a run; go on with it by --resume, or choose another --out");
      }
      return std::nullopt;
    }
    auto found = keeper_.open();
    if (!found) {
      message("no checkpoint in " + keeper_.folder().string() + ", starting at step 0");
      return std::nullopt;
    }
    require_same_experiment(found->config, config_, change_);
    return found;
  }

  /// Model, random numbers and step sizes of the current attempt, as at step 0.
  void begin_attempt() {
    const RunConfig attempt = config_of_attempt(config_, history_.attempt);
    learner_.emplace(attempt, dataset_->image_shape(), plan_.device, initialize_);
    source_.emplace(dataset_, learner_->pixel_range(), attempt.train.data_noise_std, attempt.train.batch_size,
                    static_cast<std::uint64_t>(attempt.train.seed), plan_.device);
    const std::vector<std::string> terms = learner_->objective().metric_names();
    guard_.emplace(config_.guard, config_.train.max_energy, terms, learner_->norm_names());
    means_ = {};
    step_ = 0;
  }

  static void read_progress(const Checkpoint& checkpoint, const std::function<void(const nlohmann::json&)>& read) {
    try {
      read(checkpoint.part("progress").values);
    } catch (const nlohmann::json::exception& cause) {
      throw CheckpointError(checkpoint_name(checkpoint.step) + ": part 'progress': " + cause.what());
    }
  }

  /// What a rollback does not undo: the rollbacks themselves and their events.
  void recall(const Checkpoint& checkpoint) {
    read_progress(checkpoint, [this](const nlohmann::json& progress) {
      if (progress.contains("rollbacks")) history_ = RollbackHistory::load(progress["rollbacks"]);
      event_rows_ = progress.value("events", std::uint64_t{0});
    });
  }

  void restore(const Checkpoint& checkpoint) {
    learner_->load(checkpoint);
    read_progress(checkpoint, [this](const nlohmann::json& progress) {
      means_.load(progress);
      if (progress.contains("guard")) guard_->load(progress["guard"]);
      rows_ = progress.value("rows", std::numeric_limits<std::uint64_t>::max());
    });
    step_ = checkpoint.step;
    message("resumed at step " + std::to_string(step_));
  }

  void open_outputs() {
    require_writable_directory(plan_.directory / "samples");
    require_writable_directory(plan_.directory / "checkpoints");
    write_file_atomically(plan_.directory / "config.yaml", dump_options(config_));
    open_metrics();
    events_.emplace(plan_.directory / "events.csv", event_rows_);
    const std::int64_t shown = std::min(config_.train.sample_count, dataset_->size());
    write_png(plan_.directory / "samples" / "data.png", make_grid(dataset_->images.narrow(0, 0, shown)));
  }

  void open_metrics() {
    std::vector<std::string> columns = learner_->objective().metric_names();
    columns.insert(columns.end(), learner_->norm_names().begin(), learner_->norm_names().end());
    columns.insert(columns.end(), {"weight_norm", "learning_rate"});
    metrics_.emplace(plan_.directory / "metrics.csv", columns, MetricsLog::Place{step_, rows_});
    timing_.emplace(plan_.directory / "timing.csv", std::vector<std::string>{"steps_per_second"},
                    MetricsLog::Place{step_, rows_});
    const bool known = rows_ != std::numeric_limits<std::uint64_t>::max();
    if (known && metrics_->rows() < rows_) {
      warn((plan_.directory / "metrics.csv").string() + ": expected " + std::to_string(rows_) + " rows up to step " +
           std::to_string(step_) + ", found " + std::to_string(metrics_->rows()));
    }
    rows_ = metrics_->rows();
  }

  // ---- one step -----------------------------------------------------------------------------------------------------

  std::optional<Finding> train_step() {
    const NamedValues values = learner_->step(source_->batch(step_), step_);
    ++step_;
    auto finding = guard_->look_at_step(values);
    means_.add(values);
    ++interval_steps_;
    return finding;
  }

  std::optional<Finding> write_metrics() {
    // Losses and norms are means over the interval; the statistics and the learning rate are those of the last step.
    const std::vector<std::string> columns = learner_->objective().metric_names();
    const std::vector<double> statistics = learner_->objective().statistics(step_ - 1);
    MetricsRow row;
    row.step = step_;
    row.values = means_.means();
    const auto first_norm = static_cast<std::ptrdiff_t>(columns.size() - statistics.size());
    for (std::size_t i = 0; i < statistics.size(); ++i) {
      const auto at = first_norm + static_cast<std::ptrdiff_t>(i);
      row.values.insert(row.values.begin() + at, {columns[static_cast<std::size_t>(at)], statistics[i]});
    }
    row.values.emplace_back("learning_rate", learner_->learning_rate_at(step_ - 1));
    row.steps_per_second = static_cast<double>(interval_steps_) / std::max(seconds_since(interval_start_), 1e-9);
    std::vector<double> values;
    for (const auto& [name, value] : row.values) values.push_back(value);
    try_to_write("metrics.csv", [&] {
      metrics_->append(step_, values);
      timing_->append(step_, {row.steps_per_second});
    });
    // The row of a last step that closes no interval is not part of what a longer run goes on from.
    if (due(config_.train.log_every)) {
      means_.reset();
      rows_ = metrics_->rows();
    }
    interval_start_ = Clock::now();
    interval_steps_ = 0;
    if (callbacks_.on_metrics) callbacks_.on_metrics(row);
    return guard_->look_at_row(row.values);
  }

  void write_samples() {
    const torch::Tensor images = learner_->objective().showcase(config_.train.sample_count);
    if (!images.defined()) return;
    try_to_write("samples/" + sample_name(step_),
                 [&] { write_png(plan_.directory / "samples" / sample_name(step_), make_grid(images)); });
  }

  std::optional<Finding> write_checkpoint(bool required) {
    Checkpoint checkpoint;
    checkpoint.step = step_;
    checkpoint.config = dump_options(config_);
    learner_->save(checkpoint);
    if (auto finding = guard_->look_at_state(checkpoint)) return finding;
    auto& progress = checkpoint.parts["progress"].values;
    means_.save(progress);
    progress["data"] = images_;
    progress["rows"] = rows_;
    progress["events"] = events_->rows();
    progress["guard"] = guard_->save();
    progress["rollbacks"] = history_.save();
    const auto save = [&] {
      // A checkpoint says how many rows there are: they must be on disk before it is.
      metrics_->sync();
      timing_->sync();
      events_->sync();
      keeper_.save(checkpoint);
    };
    if (required) {
      save();
    } else {
      try_to_write("checkpoints/" + checkpoint_name(step_), save);
    }
    return std::nullopt;
  }

  /// checkpoint.on_failure decides whether an IoError ends the training or becomes a message and an event.
  template <class Write>
  void try_to_write(const std::string& what, const Write& write) const {
    try {
      write();
    } catch (const IoError& cause) {
      if (config_.checkpoint.on_failure == WriteFailure::stop) throw;
      warn("going on without " + what + ": " + cause.what());
    }
  }

  // ---- divergence ---------------------------------------------------------------------------------------------------

  void recover(const Finding& finding) {
    try_to_write("events.csv", [&] {
      events_->append({step_, "diverged", finding.quantity, finding.value, finding.limit, {}, history_.attempt});
    });
    const bool again = config_.guard.policy == GuardPolicy::rollback &&
                       history_.attempt < static_cast<std::uint64_t>(config_.guard.max_rollbacks);
    if (!again) diverged(finding);
    roll_back(finding);
  }

  void roll_back(const Finding& finding) {
    const std::uint64_t found = step_;
    const auto margin = static_cast<std::uint64_t>(config_.guard.margin);
    const auto checkpoint = keeper_.go_back(
        [&](const std::vector<std::uint64_t>& steps) { return rollback_target(steps, found, margin, history_); });
    if (!checkpoint) diverged(finding);
    history_ = {history_.attempt + 1, found, checkpoint->step};
    begin_attempt();
    warn("diverged at step " + std::to_string(found) + ": " + finding.describe() + "; rollback " +
         std::to_string(history_.attempt) + " of " + std::to_string(config_.guard.max_rollbacks));
    restore(*checkpoint);
    open_metrics();
    remove_samples_after(plan_.directory, step_);  // they must not pass for this attempt's
    try_to_write("events.csv", [&] {
      events_->append({found, "rolled_back", finding.quantity, finding.value, finding.limit, step_, history_.attempt});
    });
    interval_start_ = Clock::now();
    interval_steps_ = 0;
  }

  [[noreturn]] void diverged(const Finding& finding) const {
    const std::string rollbacks =
        history_.attempt == 0 ? "" : " after " + std::to_string(history_.attempt) + " rollbacks";
    throw NumericsError("the training diverged at step " + std::to_string(step_) + rollbacks + ": " +
                        finding.describe() + ". " + (finding.advice.empty() ? kAdvice : finding.advice) +
                        ". Earlier checkpoints are in " + keeper_.folder().string() +
                        "; the last one that the guard trusts: " + step_text(keeper_.good_before(step_)));
  }

  // -------------------------------------------------------------------------------------------------------------------

  bool is_out_of_time() const {
    return config_.train.max_hours > 0.0 && seconds_since(start_) >= 3600.0 * config_.train.max_hours;
  }
  bool due(std::int64_t every) const { return step_ % static_cast<std::uint64_t>(every) == 0; }
  void message(const std::string& text) const {
    if (callbacks_.on_message) callbacks_.on_message(text);
  }
  void warn(const std::string& text) const { message("warning: " + text); }

  const RunConfig& config_;
  const TrainPlan& plan_;
  const TrainCallbacks& callbacks_;
  Clock::time_point start_ = Clock::now();
  RunLock lock_;
  bool is_new_;  ///< the directory held no run before
  CheckpointKeeper keeper_;
  ChangePolicy change_;
  std::optional<Checkpoint> resumed_;
  std::function<void(Model&)> initialize_;
  std::shared_ptr<Dataset> dataset_;
  nlohmann::json images_;  ///< what they are, wherever they lie
  RollbackHistory history_;
  std::optional<Learner> learner_;
  std::optional<BatchSource> source_;
  std::optional<Guard> guard_;
  IntervalMeans means_;
  std::uint64_t step_ = 0;
  std::uint64_t rows_ = 0;        ///< of metrics.csv that belong to closed intervals
  std::uint64_t event_rows_ = 0;  ///< of events.csv when the checkpoint was written
  std::optional<MetricsLog> metrics_;
  std::optional<MetricsLog> timing_;
  std::optional<EventLog> events_;
  std::uint64_t interval_steps_ = 0;
  Clock::time_point interval_start_;
};

}  // namespace

TrainOutcome train(const RunConfig& config, const TrainPlan& plan, const TrainCallbacks& callbacks) {
  check(config, plan);
  Training training(config, plan, callbacks);
  try {
    const TrainOutcome outcome = training.run();
    training.write_report();
    return outcome;
  } catch (const NumericsError&) {
    if (!training.withdraw()) training.write_report_if_possible();  // it shows how the training came to this
    throw;
  } catch (...) {
    training.withdraw();
    throw;
  }
}

}  // namespace cebm
