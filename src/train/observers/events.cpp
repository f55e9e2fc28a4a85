#include <cebm/config.h>
#include <cebm/files.h>

#include <limits>
#include <utility>

#include "base/durable/append_file.h"
#include "report/run_events.h"
#include "runs/run_layout.h"
#include "runs/sample_grids.h"
#include "tensorboard/record.h"
#include "train/observers/observers.h"

namespace cebm {

namespace {

constexpr std::uint64_t kUnknownEvents = std::numeric_limits<std::uint64_t>::max();

class EventObserver final : public Observer {
 public:
  explicit EventObserver(const TrainSession& session) : session_(session), train_(session.config().train) {}

  /// Rewrites the file: the current configuration, then the events up to the checkpoint.
  void begin(Attempt& attempt, std::uint64_t step, const nlohmann::json& progress) override {
    if (!session_.leads()) return;
    attempt_ = &attempt;
    last_row_.clear();
    const std::vector<std::string> events = events_until(step, progress.value("tensorboard", kUnknownEvents));
    std::string content = opening_records(dump_options(session_.config()), session_.directory(), warn_);
    for (const std::string& event : events) content += record_of(event);
    file_.emplace(event_file_of(session_.directory()), std::move(content));
    events_ = events.size();
    append({});
  }

  void hear(const MetricsRow& row) override {
    if (!file_) return;
    std::string event = row_event(row.step, row.values, attempt_->learner.objective().distributions());
    // The row of a last step that closes no interval is not counted: a run resumed with more steps drops it.
    if (row.step % static_cast<std::uint64_t>(train_.log_every) != 0) {
      last_row_ = std::move(event);
    } else {
      append(record_of(event));
      ++events_;
    }
  }

  std::optional<Finding> look(const StepState& state, const NamedValues&) override {
    if (!file_) return std::nullopt;
    const bool due = state.is_due(train_.sample_every);
    const std::filesystem::path grid = session_.directory() / run_layout::kSamples / sample_name(state.step);
    if ((due || state.is_last()) && std::filesystem::exists(grid)) {
      append(record_of(samples_event(state.step, grid)));
      if (due) ++events_;
    }
    if (!last_row_.empty()) append(record_of(std::exchange(last_row_, {})));
    return std::nullopt;
  }

  void save(nlohmann::json& progress) const override { progress["tensorboard"] = events_; }
  void sync() override {
    if (file_) file_->sync();
  }

 private:
  /// Reads the first `count` events from the file. Rebuilds them from metrics.csv and samples/, with the histograms
  /// that the file has, if the checkpoint knows of none, as from a start without them, or the file has fewer.
  std::vector<std::string> events_until(std::uint64_t step, std::uint64_t count) const {
    if (step == 0) return {};
    if (count != kUnknownEvents) {
      if (auto events = recorded_events(event_file_of(session_.directory()), step, count)) return *std::move(events);
      session_.warn(event_file_of(session_.directory()).string() + ": expected " + std::to_string(count) +
                    " events up to step " + std::to_string(step) +
                    ", found fewer: it is written anew, with the histograms that are left");
    }
    return reconstructed_events(session_.directory(), step, warn_);
  }

  /// Records that cannot be written wait in memory for the next call.
  void append(const std::string& records) {
    session_.write_or_warn(event_file_of(session_.directory()).filename().string(), [&] { file_->append(records); });
  }

  const TrainSession& session_;
  const TrainOptions& train_;
  const Warn warn_ = [this](const std::string& text) { session_.warn(text); };
  const Attempt* attempt_ = nullptr;
  std::optional<AppendFile> file_;  ///< on rank 0 only
  std::uint64_t events_ = 0;        ///< number of events in the file that a resumed run keeps
  std::string last_row_;            ///< the last step's row, held back until the grid of that step is written
};

}  // namespace

std::unique_ptr<Observer> write_events(const TrainSession& session) { return std::make_unique<EventObserver>(session); }

}  // namespace cebm
