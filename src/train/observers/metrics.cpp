#include <cebm/files.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <stdexcept>

#include "runs/metrics_file.h"
#include "runs/metrics_log.h"
#include "runs/run_layout.h"
#include "train/interval_means.h"
#include "train/observers/observers.h"
#include "train/run_files.h"

namespace cebm {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kUnknownRows = std::numeric_limits<std::uint64_t>::max();

/// Counts the steps since the last row and measures their rate.
class Stopwatch {
 public:
  void step() { ++steps_; }
  double steps_per_second() const {
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    return static_cast<double>(steps_) / std::max(seconds, 1e-9);
  }

 private:
  Clock::time_point start_ = Clock::now();
  std::uint64_t steps_ = 0;
};

class MetricsObserver final : public Observer {
 public:
  MetricsObserver(const TrainSession& session, std::function<void(const MetricsRow&)> tell)
      : session_(session), tell_(std::move(tell)), every_(session.config().train.log_every) {}

  void begin(Attempt& attempt, std::uint64_t step, const nlohmann::json& progress) override {
    attempt_ = &attempt;
    means_ = IntervalMeans(attempt.learner.metrics());
    if (!progress.empty()) means_.load(progress);
    rows_ = progress.value("rows", kUnknownRows);
    if (session_.leads()) open_files(attempt, step);
    stopwatch_ = {};
  }

  bool reads_attempt(const StepState& state) const override { return state.is_last() || state.is_due(every_); }

  std::optional<Finding> look(const StepState& state, const NamedValues& values_of_step) override {
    means_.add(values_of_step);
    stopwatch_.step();
    if (!reads_attempt(state)) return std::nullopt;
    const MetricsRow row = row_at(state.step);
    std::vector<double> values;
    for (const auto& [name, value] : row.values) values.push_back(value);
    // Each by itself: a row that cannot be written waits in memory, and must not keep the other file's from waiting
    // too.
    session_.try_to_write(run_layout::kMetrics, [&] { log_->append(state.step, values); });
    session_.try_to_write(run_layout::kTiming, [&] { timing_->append(state.step, {row.steps_per_second}); });
    // The row of a last step that closes no interval is not counted: a run resumed with more steps drops it.
    if (state.is_due(every_)) {
      means_.reset();
      if (log_) rows_ = log_->rows();
    }
    stopwatch_ = {};
    tell_(row);
    return attempt_->guard.look_at_row(row.values);
  }

  void save(nlohmann::json& progress) const override {
    means_.save(progress);
    progress["rows"] = rows_;
  }

  void sync() override {
    if (!log_) return;
    log_->sync();
    timing_->sync();
  }

 private:
  void open_files(const Attempt& attempt, std::uint64_t step) {
    const std::filesystem::path& directory = session_.directory();
    std::vector<std::string> columns;
    for (const Metric& metric : attempt.learner.metrics()) columns.push_back(metric.name);
    session_.write_or_warn(run_layout::kDeclarations,
                           [&] { write_metric_declarations(directory, attempt.learner.metrics()); });
    if (session_.plan().force && step > 0) set_other_columns_aside(columns);
    log_.emplace(directory / run_layout::kMetrics, columns, MetricsLog::Place{step, rows_});
    timing_.emplace(directory / run_layout::kTiming, std::vector<std::string>{"steps_per_second"},
                    MetricsLog::Place{step, rows_});
    session_.write_or_warn(run_layout::kMetrics, [&] { log_->write(); });
    session_.write_or_warn(run_layout::kTiming, [&] { timing_->write(); });
    if (rows_ != kUnknownRows && log_->rows() < rows_) {
      session_.warn((directory / run_layout::kMetrics).string() + ": expected " + std::to_string(rows_) +
                    " rows up to step " + std::to_string(step) + ", found " + std::to_string(log_->rows()));
    }
    rows_ = log_->rows();
  }

  /// A forced change of what is measured begins a record of its own; the one before is kept.
  void set_other_columns_aside(const std::vector<std::string>& columns) {
    if (!has_other_columns(session_.directory() / run_layout::kMetrics, columns)) return;
    const auto kept = set_record_aside(session_.directory());
    rows_ = 0;
    session_.warn("the run's record has other columns: it is kept as " + kept->string() + ", and another begins");
  }

  /// Step metrics as means over the interval and row metrics as measured now, in the order of their declarations.
  MetricsRow row_at(std::uint64_t step) const {
    NamedValues found = means_.means();
    const NamedValues measured = attempt_->learner.measure(step - 1);
    found.insert(found.end(), measured.begin(), measured.end());
    MetricsRow row{.step = step, .values = {}, .shown = {}, .steps_per_second = stopwatch_.steps_per_second()};
    for (const Metric& metric : attempt_->learner.metrics()) {
      const auto value = std::ranges::find(found, metric.name, &NamedValues::value_type::first);
      if (value == found.end()) throw std::logic_error("the objective declares and does not report " + metric.name);
      row.values.push_back(*value);
      if (metric.shown) row.shown.push_back(*value);
    }
    return row;
  }

  const TrainSession& session_;
  std::function<void(const MetricsRow&)> tell_;
  std::int64_t every_;
  Attempt* attempt_ = nullptr;
  IntervalMeans means_;
  std::uint64_t rows_ = 0;         ///< of metrics.csv that belong to closed intervals
  std::optional<MetricsLog> log_;  ///< on rank 0 only, as timing_
  std::optional<MetricsLog> timing_;
  Stopwatch stopwatch_;
};

}  // namespace

std::unique_ptr<Observer> write_metrics(const TrainSession& session, std::function<void(const MetricsRow&)> tell) {
  return std::make_unique<MetricsObserver>(session, std::move(tell));
}

}  // namespace cebm
