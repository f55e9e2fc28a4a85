#include "train/session.h"

#include "base/option_text.h"
#include "runs/run_layout.h"
#include "train/initial_weights.h"
#include "train/resume.h"
#include "train/run_files.h"
#include "train/together.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

std::optional<Lock> lock_by_lead(const TrainPlan& plan) {
  std::optional<Lock> lock;
  plan.ranks->require_same("the run's folder", plan.directory.string());
  plan.ranks->lead([&] { lock.emplace(lock_run(plan.directory)); });
  return lock;
}

}  // namespace

TrainSession::TrainSession(const RunConfig& config, const TrainPlan& plan, const TrainCallbacks& callbacks)
    : config_(config),
      plan_(plan),
      callbacks_(callbacks),
      lock_(lock_by_lead(plan)),
      is_new_(!holds_run(plan.directory)),
      keeper_(
          plan.directory / run_layout::kCheckpoints, config.checkpoint, config.guard,
          [this](const std::string& text) { message(text); }, plan.ranks),
      resumed_(find_checkpoint()),
      initialize_(initial_weights(plan.init_from)),
      dataset_(read_dataset(config.data, plan.data)),
      data_(data_of(*dataset_, config.objective_options().uses_labels())) {
  if (lock_ && !lock_->excludes_others())
    warn(plan.directory.string() + ": its file system has no locks; let no other process train in it");
  // If the images' shape was unknown before reading, train()'s earlier check() built nothing.
  if (!image_shape_of(config.data, plan.data)) check(config, dataset_->image_shape(), plan);
  ranks().require_same("training data", data_.dump());
  if (resumed_ && resumed_->ranks != static_cast<std::uint64_t>(ranks().size())) {
    message("the run was saved by " + std::to_string(resumed_->ranks) + " ranks and goes on with " +
            std::to_string(ranks().size()));
  }
  if (resumed_) {
    require_same_data(*resumed_, data_,
                      {plan.directory, plan.force, [this](const std::string& text) { message(text); }});
    keeper_.prune();  // by this start's settings, and so only when it is known to be the same experiment
  }
}

void TrainSession::require_place() const {
  const std::string place = plan_.directory.string();
  if (!is_new_ && !plan_.resume) {
    throw ConfigError(place + ": already holds a run; go on with it by --resume, or choose another --out");
  }
  const auto foreign = is_new_ ? file_in_the_way(plan_.directory) : std::nullopt;
  if (!foreign) return;
  throw ConfigError(place + ": expected no files that a training writes, found " + foreign->string() +
                    ", which is no run's; move it away, or choose another --out");
}

std::optional<Checkpoint> TrainSession::find_checkpoint() {
  ranks().lead([&] { require_place(); });
  if (!plan_.resume) return std::nullopt;
  auto found = keeper_.open();
  if (!found) {
    message("no checkpoint in " + keeper_.folder().string() + ", starting at step 0");
    ranks().lead([&] {
      std::vector<std::string> kept;
      for (const fs::path& file :
           set_records_aside(plan_.directory, {run_layout::kMetrics, run_layout::kTiming, run_layout::kEvents}))
        kept.push_back(file.string());
      if (!kept.empty())
        warn("the run has records of earlier steps, but no checkpoint of them: they are kept as " + join(kept));
    });
    return std::nullopt;
  }
  require_same_experiment(found->config, config_,
                          {plan_.directory, plan_.force, [this](const std::string& text) { message(text); }});
  return found;
}

bool TrainSession::withdraw(std::uint64_t step, std::uint64_t attempt) const {
  std::error_code ignored;
  if (!leads()) return false;
  const bool begun = step > 1 || attempt > 0 || fs::exists(keeper_.folder() / checkpoint_name(1), ignored);
  if (is_new_ && !begun) remove_start(plan_.directory);
  return is_new_ && !begun;
}

void TrainSession::try_to_write(const std::string& what, const std::function<void()>& write) const {
  write_or_warn(what, [&] { lead_writes(ranks(), write); });
}

void TrainSession::write_or_warn(const std::string& what, const std::function<void()>& write) const {
  try {
    write();
  } catch (const IoError& cause) {
    if (config_.checkpoint.on_failure == WriteFailure::stop) throw;
    warn("going on without " + what + ": " + cause.what());
  }
}

void TrainSession::write_page(const std::optional<TrainingStatus>& status) const {
  try {
    write_run_report(directory(), config_.catalog().evaluators, status);
  } catch (const IoError&) {
    throw;
  } catch (const Error& cause) {
    warn(std::string("going on without report.html: ") + cause.what());
  }
}

}  // namespace cebm
