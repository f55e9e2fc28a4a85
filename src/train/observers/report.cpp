#include <algorithm>
#include <chrono>

#include "runs/run_layout.h"
#include "train/observers/observers.h"

namespace cebm {

namespace {

using ReportClock = std::chrono::steady_clock;

/// Largest fraction of the training's time that writing pages may take.
constexpr double kMostOfTheTime = 0.004;

double seconds_since(ReportClock::time_point start) {
  return std::chrono::duration<double>(ReportClock::now() - start).count();
}

class ReportObserver final : public Observer {
 public:
  explicit ReportObserver(const TrainSession& session)
      : session_(session), every_(static_cast<double>(session.config().train.report_every)) {}

  void begin(Attempt&, std::uint64_t, const nlohmann::json&) override {}
  void hear(const MetricsRow& row) override { speed_ = row.steps_per_second; }

  std::optional<Finding> look(const StepState& state, const NamedValues&) override {
    // No page at step 1: a start that fails there must leave no files. train() writes the page of the last step or a
    // stop.
    const bool waits = state.step == 1 || state.is_last() || state.stops;
    if (!session_.leads() || speed_ == 0.0 || waits || seconds_since(written_) < pause_) return std::nullopt;
    const ReportClock::time_point start = ReportClock::now();
    session_.write_or_warn(run_layout::kReport, [&] {
      session_.write_page(TrainingStatus{.step = state.step,
                                         .steps = state.steps,
                                         .steps_per_second = speed_,
                                         .warnings = session_.warnings(),
                                         .refresh = session_.config().train.report_every});
    });
    written_ = ReportClock::now();
    pause_ = std::max(every_, seconds_since(start) / kMostOfTheTime);
    return std::nullopt;
  }

 private:
  const TrainSession& session_;
  double every_;
  double speed_ = 0.0;  ///< steps a second, of the last row
  ReportClock::time_point written_{};
  double pause_ = 0.0;  ///< seconds to the next page; the first comes with the first row
};

}  // namespace

std::unique_ptr<Observer> write_reports(const TrainSession& session) {
  return std::make_unique<ReportObserver>(session);
}

}  // namespace cebm
