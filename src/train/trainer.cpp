#include <c10/core/GradMode.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <cebm/trainer.h>

#include <chrono>
#include <cmath>
#include <cstdio>

#include "train/metrics_log.h"
#include "train/optimizers.h"
#include "train/resume.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

std::string sample_name(std::uint64_t step) {
  char name[32];
  std::snprintf(name, sizeof name, "step_%09llu.png", static_cast<unsigned long long>(step));
  return name;
}

/// One training from its first to its last step. Members are built in the order they depend on each other.
class Training {
 public:
  Training(const RunConfig& config, const TrainPlan& plan, const TrainCallbacks& callbacks)
      : config_(config),
        plan_(plan),
        callbacks_(callbacks),
        seed_(static_cast<std::uint64_t>(config.train.seed)),
        resumed_(find_checkpoint()),
        dataset_(config.data.build(plan.data)),
        model_(config.model.build(ModelContext{dataset_->image_shape(), seed_})),
        source_(dataset_, model_->pixel_range(), config.train.data_noise_std, config.train.batch_size, seed_,
                plan.device) {
    model_->to(plan.device);
    objective_ = config.objective.build(ObjectiveContext{model_, config.sampler.build(), config.buffer, seed_,
                                                         plan.device, static_cast<std::uint64_t>(config.train.steps)});
    optimizers_.emplace(named_parameters(*model_), objective_->groups(), config.train.optimizer);
    if (config.train.ema_decay > 0.0) average_.emplace(averaged_tensors(*model_), config.train.ema_decay);
    term_names_ = objective_->metric_names();
    if (resumed_) restore(*resumed_);
  }

  TrainOutcome run() {
    for (const auto& file : dataset_->files) message("read " + file.string());
    open_outputs();
    const auto steps = static_cast<std::uint64_t>(config_.train.steps);
    if (step_ >= steps) message("nothing left to do: the run has done all " + std::to_string(steps) + " steps");
    interval_start_ = std::chrono::steady_clock::now();
    while (step_ < steps) {
      train_step();
      const bool last = step_ == steps;
      const bool stop = !last && callbacks_.should_stop && callbacks_.should_stop();
      if (last || due(config_.train.log_every)) write_metrics();
      if (last || due(config_.train.sample_every)) write_samples();
      if (last || stop || due(config_.checkpoint.every)) write_checkpoint();
      if (callbacks_.on_step) callbacks_.on_step(step_, steps);
      if (stop) return TrainOutcome::stopped;
    }
    return TrainOutcome::finished;
  }

 private:
  std::optional<Checkpoint> find_checkpoint() const {
    const fs::path checkpoints = plan_.directory / "checkpoints";
    if (!plan_.resume) {
      if (fs::exists(plan_.directory / "config.yaml")) {
        throw ConfigError(plan_.directory.string() +
                          ": already holds a run; go on with it by --resume, or choose another --out");
      }
      return std::nullopt;
    }
    std::vector<SkippedCheckpoint> skipped;
    auto found = load_newest_checkpoint(checkpoints, skipped);
    for (const auto& skip : skipped) message("skipped checkpoint " + skip.folder.string() + ": " + skip.reason);
    if (!found) {
      message("no checkpoint in " + checkpoints.string() + ", starting at step 0");
      return std::nullopt;
    }
    const auto changes = refused_changes(found->config, dump_options(config_));
    if (!changes.empty()) {
      std::string text = plan_.directory.string() + ": the configuration differs from the run's in what it means:";
      for (const auto& change : changes) text += "\n  " + change;
      throw ConfigError(text);
    }
    return found;
  }

  void restore(const Checkpoint& checkpoint) {
    load_module_state(*model_, checkpoint.part("model"));
    optimizers_->load(checkpoint.part("optimizer"));
    objective_->load(checkpoint.part("objective"));
    if (average_) average_->load(checkpoint.part("ema"));
    const auto& progress = checkpoint.part("progress").values;
    sums_ = progress.at("sums").get<std::vector<double>>();
    summed_ = progress.at("summed").get<std::uint64_t>();
    step_ = checkpoint.step;
    message("resumed at step " + std::to_string(step_));
  }

  void open_outputs() {
    require_writable_directory(plan_.directory / "samples");
    require_writable_directory(plan_.directory / "checkpoints");
    write_file_atomically(plan_.directory / "config.yaml", dump_options(config_));
    std::vector<std::string> columns = term_names_;
    columns.insert(columns.end(), optimizers_->norm_names().begin(), optimizers_->norm_names().end());
    columns.emplace_back("learning_rate");
    metrics_.emplace(plan_.directory / "metrics.csv", columns, step_);
    timing_.emplace(plan_.directory / "timing.csv", std::vector<std::string>{"steps_per_second"}, step_);
    const std::int64_t shown = std::min(config_.train.sample_count, dataset_->size());
    write_png(plan_.directory / "samples" / "data.png", make_grid(dataset_->images.narrow(0, 0, shown)));
  }

  void train_step() {
    const torch::Tensor batch = source_.batch(step_);
    std::vector<torch::Tensor> scalars;
    for (const auto& [name, value] : objective_->add_gradient(batch, step_)) scalars.push_back(value);
    for (const torch::Tensor& norm : optimizers_->step(step_)) scalars.push_back(norm);
    if (average_) average_->update(step_);
    // One transfer for everything that is read on the host.
    const torch::Tensor values = torch::stack(scalars).to(torch::kCPU, torch::kDouble);
    accumulate({values.data_ptr<double>(), values.data_ptr<double>() + values.numel()});
    ++step_;
  }

  void accumulate(const std::vector<double>& values) {
    const std::size_t terms = values.size() - optimizers_->norm_names().size();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool is_term = i < terms;
      const double limit = is_term ? config_.train.max_energy : std::numeric_limits<double>::max();
      if (!(std::abs(values[i]) <= limit)) {
        diverged(is_term ? term_names_[i] : optimizers_->norm_names()[i - terms], values[i]);
      }
    }
    sums_.resize(values.size(), 0.0);
    for (std::size_t i = 0; i < values.size(); ++i) sums_[i] += values[i];
    ++summed_;
    ++interval_steps_;
  }

  [[noreturn]] void diverged(const std::string& what, double value) const {
    throw NumericsError(
        "the training diverged at step " + std::to_string(step_ + 1) + ": " + what + " is " + std::to_string(value) +
        " (limit " + std::to_string(config_.train.max_energy) +
        "). Try a lower train.optimizer.learning_rate, more sampler.steps, a smaller sampler.alpha, a larger "
        "objective.energy_l2, train.optimizer.gradient_clip, or another train.seed. Earlier checkpoints are in " +
        (plan_.directory / "checkpoints").string());
  }

  void write_metrics() {
    MetricsRow row;
    row.step = step_;
    std::vector<double> values;
    // Losses are means over the interval; the statistics and the learning rate are those of the last step.
    std::vector<std::string> names = term_names_;
    const std::size_t terms = sums_.size() - optimizers_->norm_names().size();
    for (std::size_t i = 0; i < terms; ++i) values.push_back(sums_[i] / static_cast<double>(summed_));
    for (const double value : objective_->statistics(step_ - 1)) values.push_back(value);
    for (std::size_t i = terms; i < sums_.size(); ++i) {
      values.push_back(sums_[i] / static_cast<double>(summed_));
      names.push_back(optimizers_->norm_names()[i - terms]);
    }
    names.emplace_back("learning_rate");
    values.push_back(config_.train.optimizer.learning_rate_at(step_ - 1));
    metrics_->append(step_, values);

    for (std::size_t i = 0; i < names.size(); ++i) row.values.emplace_back(names[i], values[i]);
    const auto now = std::chrono::steady_clock::now();
    row.steps_per_second = static_cast<double>(interval_steps_) /
                           std::max(std::chrono::duration<double>(now - interval_start_).count(), 1e-9);
    timing_->append(step_, {row.steps_per_second});
    interval_start_ = now;
    interval_steps_ = 0;
    sums_.assign(sums_.size(), 0.0);
    summed_ = 0;
    if (callbacks_.on_metrics) callbacks_.on_metrics(row);
  }

  void write_samples() const {
    const torch::Tensor images = objective_->showcase(config_.train.sample_count);
    if (images.defined()) write_png(plan_.directory / "samples" / sample_name(step_), make_grid(images));
  }

  void write_checkpoint() {
    Checkpoint checkpoint;
    checkpoint.step = step_;
    checkpoint.config = dump_options(config_);
    checkpoint.parts["model"] = module_state(*model_);
    const ImageShape image = model_->image_shape();
    checkpoint.parts["model"].values["image"] = {image.channels, image.height, image.width};
    optimizers_->save(checkpoint.parts["optimizer"]);
    objective_->save(checkpoint.parts["objective"]);
    if (average_) average_->save(checkpoint.parts["ema"]);
    checkpoint.parts["progress"].values = {{"sums", sums_}, {"summed", summed_}};
    save_checkpoint(plan_.directory / "checkpoints", checkpoint);
    prune_checkpoints(plan_.directory / "checkpoints", config_.checkpoint.keep_last);
  }

  bool due(std::int64_t every) const { return step_ % static_cast<std::uint64_t>(every) == 0; }
  void message(const std::string& text) const {
    if (callbacks_.on_message) callbacks_.on_message(text);
  }

  const RunConfig& config_;
  const TrainPlan& plan_;
  const TrainCallbacks& callbacks_;
  std::uint64_t seed_;
  std::optional<Checkpoint> resumed_;
  std::shared_ptr<Dataset> dataset_;
  std::shared_ptr<Model> model_;
  BatchSource source_;
  std::shared_ptr<Objective> objective_;
  std::optional<Optimizers> optimizers_;
  std::optional<WeightAverage> average_;
  std::vector<std::string> term_names_;
  std::optional<MetricsLog> metrics_;
  std::optional<MetricsLog> timing_;
  std::uint64_t step_ = 0;
  std::vector<double> sums_;  ///< of the loss terms and the gradient norms since the last row
  std::uint64_t summed_ = 0;
  std::uint64_t interval_steps_ = 0;
  std::chrono::steady_clock::time_point interval_start_;
};

}  // namespace

TrainOutcome train(const RunConfig& config, const TrainPlan& plan, const TrainCallbacks& callbacks) {
  const TrainOutcome outcome = Training(config, plan, callbacks).run();
  write_run_report(plan.directory);
  return outcome;
}

}  // namespace cebm
