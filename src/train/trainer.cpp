#include <cebm/config.h>
#include <cebm/files.h>
#include <cebm/trainer.h>

#include <algorithm>
#include <chrono>

#include "report/run_origin.h"
#include "runs/run_layout.h"
#include "train/observers/observers.h"
#include "train/recovery.h"
#include "train/settled.h"
#include "train/together.h"

namespace cebm {

namespace {

using Clock = std::chrono::steady_clock;

/// One training from its first to its last step.
class Training {
 public:
  Training(const RunConfig& config, const TrainPlan& plan, const TrainCallbacks& callbacks)
      : config_(settled_by_run(config, plan)),
        callbacks_(callbacks),
        session_(config_, plan, callbacks),
        recovery_(session_) {
    session_.ranks().require_same("configuration", dump_options(config_));
    settled_ = settle(config_, session_.dataset()->image_shape(), plan.device);
    take_from_lead();
    observers_.push_back(watch_for_divergence());
    observers_.push_back(write_metrics(session_, [this](const MetricsRow& row) { tell(row); }));
    observers_.push_back(write_samples(session_));
    if (config_.train.tensorboard) observers_.push_back(write_events(session_));
    if (config_.train.report_every > 0) observers_.push_back(write_reports(session_));
    resumed_ = session_.take_checkpoint();
    if (resumed_) read_checkpoint(*resumed_, [&] { recovery_.load(progress_of(*resumed_)); });
    begin_attempt(resumed_ ? &*resumed_ : nullptr);
  }

  TrainOutcome run() {
    const auto steps = static_cast<std::uint64_t>(config_.train.steps);
    if (step_ >= steps) {
      session_.message("nothing left to do: the run has done all " + std::to_string(steps) + " steps");
      return TrainOutcome::finished;
    }
    announce();
    session_.ranks().lead([&] {
      require_writable_directory(session_.directory() / run_layout::kCheckpoints);
      write_file_atomically(session_.directory() / run_layout::kConfig, dump_options(config_));
      write_run_origin(session_.directory(), origin_here(session_.plan().config_name, session_.plan().resume_command));
      recovery_.open();
    });
    begin_observers(std::exchange(resumed_, std::nullopt));
    // A checkpoint of step 0: the target of a rollback before the first regular one, and a record of plan.init_from's
    // weights.
    const bool has_start = config_.guard.policy == GuardPolicy::rollback || !session_.plan().init_from.empty();
    if (step_ == 0 && has_start) write_checkpoint(/*required=*/false);
    while (step_ < steps) {
      std::optional<StepMetrics> metrics;
      try {
        metrics = train_step();
      } catch (const std::exception&) {
        // It may have failed for what the step before did to the weights. Other ranks need not have failed: alone, this
        // one cannot roll back.
        const std::optional<Finding> cause = session_.ranks().alone() ? observe_last() : std::nullopt;
        if (!cause) throw;
        roll_back(*cause);
        continue;
      }
      StepState state{.step = step_, .steps = steps};
      // A request to any rank applies to all: they must stop and save together.
      const std::vector<bool> asked =
          session_.ranks().any({callbacks_.should_stop && callbacks_.should_stop(), is_out_of_time(),
                                callbacks_.should_save && callbacks_.should_save()});
      const bool stopped = !state.is_last() && asked[0];
      const bool out_of_time = !state.is_last() && asked[1];
      state.stops = stopped || out_of_time;
      state.save_asked = asked[2];
      std::optional<Finding> finding = observe_last();
      if (!finding) {
        last_.emplace(state, *std::move(metrics));
        if (must_be_observed_now(state)) finding = observe_last();
      }
      if (callbacks_.on_step) callbacks_.on_step(step_, steps);
      if (finding) roll_back(*finding);
      if (stopped) return TrainOutcome::stopped;
      if (out_of_time) return TrainOutcome::out_of_time;
    }
    return TrainOutcome::finished;
  }

  bool withdraw() const { return session_.withdraw(observed_, recovery_.attempt()); }

  void write_report() const {
    session_.try_to_write(run_layout::kReport, [&] { session_.write_page({}); });
  }
  /// For a training that ends with an exception, which an IoError must not replace.
  void write_report_if_possible() const {
    if (!session_.leads()) return;
    try {
      session_.write_page({});
    } catch (const IoError& cause) {
      session_.warn(cause.what());
    }
  }

 private:
  static const nlohmann::json& progress_of(const Checkpoint& checkpoint) {
    if (checkpoint.parts.contains("progress")) return checkpoint.part("progress").values;
    throw CheckpointError(
        "has no part 'progress': it holds weights alone, as an exported run does; --init-from starts a new run from "
        "them");
  }

  /// Calls `read`; its errors name the checkpoint, JSON errors also the part "progress".
  template <class Read>
  void read_checkpoint(const Checkpoint& checkpoint, const Read& read) const {
    const std::string place = (session_.checkpoints().folder() / checkpoint_name(checkpoint.step)).string() + ": ";
    try {
      read();
    } catch (const CheckpointError& cause) {
      throw CheckpointError(place + cause.what());
    } catch (const nlohmann::json::exception& cause) {
      throw CheckpointError(place + "part 'progress': " + cause.what());
    }
  }

  void announce() const {
    for (const auto& file : session_.dataset()->files) session_.message("read " + file.string());
    for (const auto& warning : session_.dataset()->warnings) session_.warn(warning);
    const std::string engine = attempt_->learner.objective().engine();
    if (!settled_.empty()) session_.message(settled_);
    if (!engine.empty()) session_.message("chains: " + engine);
  }

  /// Builds the current attempt (model, random numbers, step sizes) and loads `checkpoint` if there is one.
  void begin_attempt(const Checkpoint* checkpoint) {
    attempt_.emplace(config_, recovery_.attempt(), session_.dataset(), session_.plan().device, session_.initialize(),
                     session_.plan().ranks);
    step_ = 0;
    last_.reset();
    if (checkpoint == nullptr) return;
    StartAnew anew;
    if (session_.plan().force) anew = [&](const std::string& what) { session_.warn(what); };
    read_checkpoint(*checkpoint, [&] { attempt_->load(*checkpoint, anew); });
    step_ = checkpoint->step;
    session_.message("resumed at step " + std::to_string(step_));
  }

  void begin_observers(const std::optional<Checkpoint>& checkpoint) {
    const auto begin = [&](const nlohmann::json& progress) {
      for (const auto& observer : observers_) observer->begin(*attempt_, step_, progress);
    };
    if (!checkpoint) return begin(nlohmann::json::object());
    read_checkpoint(*checkpoint, [&] { begin(progress_of(*checkpoint)); });
  }

  void tell(const MetricsRow& row) const {
    for (const auto& observer : observers_) observer->hear(row);
    if (callbacks_.on_metrics) callbacks_.on_metrics(row);
  }

  StepMetrics train_step() {
    StepMetrics metrics = attempt_->learner.step(attempt_->source.batch(step_), step_);
    ++step_;
    return metrics;
  }

  bool is_checkpoint_due(const StepState& state) const {
    return state.is_last() || state.stops || state.save_asked || state.is_due(config_.checkpoint.every);
  }

  bool must_be_observed_now(const StepState& state) const {
    return is_checkpoint_due(state) ||
           std::ranges::any_of(observers_, [&](const auto& observer) { return observer->reads_attempt(state); });
  }

  /// Passes the last step to the observers, if they have not seen it. Otherwise it waits until the next step has been
  /// made, so that a GPU has that one to compute while the host reads this one's metrics.
  std::optional<Finding> observe_last() {
    if (!last_) return std::nullopt;
    const auto [state, metrics] = *std::exchange(last_, std::nullopt);
    observed_ = state.step;
    const NamedValues values = metrics.read();
    for (const auto& observer : observers_) {
      if (auto finding = observer->look(state, values)) return finding;
    }
    if (!is_checkpoint_due(state)) return std::nullopt;
    auto finding = write_checkpoint(/*required=*/state.is_last() || state.stops);
    if (state.save_asked && !finding) session_.message("saved, as asked, at step " + std::to_string(step_));
    return finding;
  }

  std::optional<Finding> write_checkpoint(bool required) {
    Checkpoint checkpoint;
    checkpoint.step = step_;
    checkpoint.config = dump_options(config_);
    attempt_->learner.save(checkpoint);
    if (auto finding = any_finding(session_.ranks(), attempt_->guard.look_at_state(checkpoint))) return finding;
    nlohmann::json& progress = checkpoint.parts["progress"].values;
    progress["data"] = session_.data();
    for (const auto& observer : observers_) observer->save(progress);
    recovery_.save(progress);
    const auto save = [&] {
      // A checkpoint records the number of rows, so the rows must be on disk before it is.
      lead_writes(session_.ranks(), [&] {
        for (const auto& observer : observers_) observer->sync();
        recovery_.sync();
      });
      session_.checkpoints().save(checkpoint);
    };
    if (required) {
      save();
    } else {
      session_.write_or_warn("checkpoints/" + checkpoint_name(step_), save);
    }
    return std::nullopt;
  }

  void roll_back(const Finding& finding) {
    const Checkpoint checkpoint = recovery_.roll_back(finding, observed_);
    begin_attempt(&checkpoint);
    begin_observers(checkpoint);
  }

  /// Takes over rank 0's configuration: settings resolved on its machine apply to all ranks.
  void take_from_lead() {
    if (session_.ranks().alone()) return;
    RunConfig lead(config_.catalog());
    read_options(parse_config(session_.ranks().texts(dump_options(config_)).front()), lead);
    config_ = std::move(lead);
  }

  bool is_out_of_time() const {
    const double hours = std::chrono::duration<double>(Clock::now() - start_).count() / 3600.0;
    return config_.train.max_hours > 0.0 && hours >= config_.train.max_hours;
  }

  RunConfig config_;
  const TrainCallbacks& callbacks_;
  std::string settled_;  ///< message about settings that were left to the machine; may be empty
  Clock::time_point start_ = Clock::now();
  TrainSession session_;
  Recovery recovery_;
  std::vector<std::unique_ptr<Observer>> observers_;
  std::optional<Checkpoint> resumed_;
  std::optional<Attempt> attempt_;
  std::uint64_t step_ = 0;                                 ///< gradient steps made
  std::uint64_t observed_ = 0;                             ///< the last one that observers have seen
  std::optional<std::pair<StepState, StepMetrics>> last_;  ///< the last step while no observer has seen it
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
    if (!training.withdraw()) training.write_report_if_possible();  // it shows how the training diverged
    throw;
  } catch (...) {
    training.withdraw();
    throw;
  }
}

}  // namespace cebm
