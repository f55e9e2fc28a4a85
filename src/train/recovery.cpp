#include "train/recovery.h"

#include "runs/run_layout.h"

namespace cebm {

namespace {

/// Advice for findings that bring none of their own.
std::string general_advice(const RunConfig& config) {
  return "Try a lower train.optimizer.learning_rate, " +
         std::string(config.objective_options().has_sampler() ? "more sampler.steps or smaller ones, " : "") +
         "train.optimizer.gradient_clip, another train.seed, or " +
         (config.guard.policy == GuardPolicy::rollback
              ? "a larger guard.max_rollbacks or guard.margin, or a lower guard.learning_rate_scale"
              : "guard.policy=rollback");
}

std::string step_text(const std::optional<std::uint64_t>& step) { return step ? checkpoint_name(*step) : "none"; }

}  // namespace

void Recovery::load(const nlohmann::json& progress) {
  if (progress.contains("rollbacks")) history_ = RollbackHistory::load(progress["rollbacks"]);
  event_rows_ = progress.value("events", std::uint64_t{0});
}

void Recovery::save(nlohmann::json& progress) const {
  progress["events"] = events_ ? events_->rows() : event_rows_;
  progress["rollbacks"] = history_.save();
}

void Recovery::open() {
  if (!session_.leads()) return;
  const std::filesystem::path file = session_.directory() / run_layout::kEvents;
  events_.emplace(file, event_rows_);
  if (events_->rows() == event_rows_) return;
  session_.warn(file.string() + ": expected " + std::to_string(event_rows_) + " rows, found " +
                std::to_string(events_->rows()));
}

void Recovery::record(const Finding& finding, std::uint64_t step, const std::string& kind,
                      std::optional<std::uint64_t> to) {
  session_.try_to_write(run_layout::kEvents, [&] {
    events_->append({step, kind, finding.quantity, finding.value, finding.limit, to, history_.attempt});
  });
}

Checkpoint Recovery::roll_back(const Finding& finding, std::uint64_t step) {
  record(finding, step, "diverged", {});
  const GuardOptions& guard = session_.config().guard;
  if (guard.policy != GuardPolicy::rollback || history_.attempt >= static_cast<std::uint64_t>(guard.max_rollbacks)) {
    diverged(finding, step);
  }
  auto checkpoint = session_.checkpoints().go_back([&](const std::vector<std::uint64_t>& steps) {
    return rollback_target(steps, step, static_cast<std::uint64_t>(guard.margin), history_);
  });
  if (!checkpoint) diverged(finding, step);
  history_ = {history_.attempt + 1, step, checkpoint->step};
  session_.warn("diverged at step " + std::to_string(step) + ": " + finding.describe() + "; rollback " +
                std::to_string(history_.attempt) + " of " + std::to_string(guard.max_rollbacks));
  record(finding, step, "rolled_back", checkpoint->step);
  return *std::move(checkpoint);
}

void Recovery::diverged(const Finding& finding, std::uint64_t step) const {
  const std::string rollbacks =
      history_.attempt == 0 ? "" : " after " + std::to_string(history_.attempt) + " rollbacks";
  throw NumericsError("the training diverged at step " + std::to_string(step) + rollbacks + ": " + finding.describe() +
                      ". " + (finding.advice.empty() ? general_advice(session_.config()) : finding.advice) +
                      ". Earlier checkpoints are in " + session_.checkpoints().folder().string() +
                      "; the last one that the guard trusts: " + step_text(session_.checkpoints().good_before(step)));
}

}  // namespace cebm
