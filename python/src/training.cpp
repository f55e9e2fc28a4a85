#include <cebm/device.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/trainer.h>

#include <map>
#include <set>

#include "model.h"
#include "runs/run_layout.h"
#include "train/attempt.h"
#include "train/run_files.h"
#include "train/run_lock.h"
#include "train/settled.h"

namespace cebm::python {

namespace {

using torch::Tensor;

py::dict dict_of(const NamedValues& values) {
  py::dict dict;
  for (const auto& [name, value] : values) dict[name.c_str()] = value;
  return dict;
}

/// Whether the directory holds a run, unless all in it is of a Trainer's own `saved` checkpoints.
bool holds_other_run(const std::filesystem::path& directory, const std::set<std::uint64_t>& saved) {
  if (saved.empty()) return holds_run(directory);
  const bool all_own = std::ranges::all_of(checkpoint_steps(directory / run_layout::kCheckpoints),
                                           [&](std::uint64_t step) { return saved.contains(step); });
  return !all_own || std::filesystem::exists(directory / run_layout::kMetrics);  // which a whole training writes
}

/// A training in memory, step by step: what cebm-train does between two checkpoints.
class Trainer {
 public:
  Trainer(const Config& config, const std::filesystem::path& data_root, const std::string& device)
      : plan_{.directory = {}, .data = data_context(config, data_root), .device = parse_device(device)},
        run_(settled_by_run(config.run(), plan_)),
        data_(read_dataset(run_.data, plan_.data)) {
    check(run_, data_->image_shape(), plan_);
    settle(run_, data_->image_shape(), plan_.device);
    attempt_.emplace(run_, 0, data_, plan_.device, std::function<void(Model&)>());
  }

  /// Takes gradient steps; returns the metrics of the last one. Throws NumericsError if the guard finds divergence, and
  /// between two steps what raise_if_interrupted() raises.
  NamedValues step(std::int64_t count) {
    if (count < 1) throw ConfigError("step: expected a count of 1 or more, found " + std::to_string(count));
    for (; count > 0; --count) {
      raise_if_interrupted();
      if (step_ >= steps()) {
        throw ConfigError("step: the training has done all its " + std::to_string(steps()) +
                          " steps; more are asked for by train.steps");
      }
      values_ = attempt_->learner.step(attempt_->source.batch(step_), step_).read();
      ++step_;
      if (const auto finding = attempt_->guard.look_at_step(values_)) {
        throw NumericsError("the training diverged at step " + std::to_string(step_) + ": " + finding->describe() +
                            (finding->advice.empty() ? "" : ". " + finding->advice));
      }
    }
    return values_;
  }

  /// The metrics that are measured once per row.
  NamedValues measure() const {
    if (step_ == 0) throw ConfigError("measure: there is nothing to measure before the first step");
    return attempt_->learner.measure(step_ - 1);
  }

  Tensor samples(std::int64_t count) const {
    if (count < 1) throw ConfigError("samples: expected a count of 1 or more, found " + std::to_string(count));
    return attempt_->learner.objective().showcase(count);
  }

  /// Writes a run directory with a checkpoint: enough to open the run or to resume it. Returns the checkpoint's folder.
  /// Throws ConfigError for the directory of another run, IoError if another process trains in it.
  std::filesystem::path save(const std::filesystem::path& directory) {
    const Lock lock = lock_run(directory);
    std::set<std::uint64_t>& saved = saved_[std::filesystem::canonical(directory)];
    if (holds_other_run(directory, saved)) {
      throw ConfigError(directory.string() + ": already holds a run; choose another folder");
    }
    Checkpoint checkpoint;
    checkpoint.step = step_;
    checkpoint.config = dump_options(run_);
    attempt_->learner.save(checkpoint);
    checkpoint.parts["progress"].values = nlohmann::json::object();
    std::filesystem::path folder = save_checkpoint(directory / run_layout::kCheckpoints, checkpoint);
    saved.insert(step_);
    write_file_atomically(directory / run_layout::kConfig, checkpoint.config);
    return folder;
  }

  std::uint64_t done() const { return step_; }
  std::uint64_t steps() const { return static_cast<std::uint64_t>(run_.train.steps); }
  std::string engine() const { return attempt_->learner.objective().engine(); }
  const std::shared_ptr<Dataset>& data() const { return data_; }
  PyModel model() const { return {attempt_->learner.model(), plan_.device}; }
  Config config() const { return Config::parse(dump_options(run_)); }

 private:
  TrainPlan plan_;
  RunConfig run_;
  std::shared_ptr<Dataset> data_;
  std::optional<Attempt> attempt_;
  std::uint64_t step_ = 0;
  NamedValues values_;
  std::map<std::filesystem::path, std::set<std::uint64_t>> saved_;  ///< steps of the checkpoints, by directory
};

std::string outcome_name(TrainOutcome outcome) {
  switch (outcome) {
    case TrainOutcome::finished:
      return "finished";
    case TrainOutcome::stopped:
      return "stopped";
    case TrainOutcome::out_of_time:
      return "out_of_time";
  }
  throw std::logic_error("an outcome without a name");
}

struct Places {
  std::filesystem::path directory, data_root, init_from;
  std::string device;
  bool resume;
};

std::string run_training(const Config& config, const Places& places, const py::object& on_metrics,
                         const py::object& on_message) {
  const TrainPlan plan{.directory = places.directory,
                       .data = data_context(config, places.data_root),
                       .device = parse_device(places.device),
                       .init_from = places.init_from,
                       .resume = places.resume};
  // An exception in a callback ends the training after a checkpoint and is then raised again.
  std::optional<py::error_already_set> raised;
  const auto call = [&](const auto& tell) {
    const py::gil_scoped_acquire locked;
    try {
      if (!raised) tell();
    } catch (py::error_already_set& error) {
      raised.emplace(std::move(error));
    }
  };
  TrainCallbacks callbacks;
  if (!on_metrics.is_none()) {
    callbacks.on_metrics = [&](const MetricsRow& row) { call([&] { on_metrics(row.step, dict_of(row.values)); }); };
  }
  if (!on_message.is_none()) {
    callbacks.on_message = [&](const std::string& text) { call([&] { on_message(text); }); };
  }
  callbacks.should_stop = [&] {
    const py::gil_scoped_acquire locked;
    if (!raised && PyErr_CheckSignals() != 0) raised.emplace();  // Ctrl-C
    return raised.has_value();
  };
  TrainOutcome outcome{};
  {
    const py::gil_scoped_release others_may_run;
    outcome = train(config.run(), plan, callbacks);
  }
  if (raised) throw py::error_already_set(*raised);
  return outcome_name(outcome);
}

}  // namespace

void bind_training(py::module_& module) {
  using ReleaseGil = py::call_guard<py::gil_scoped_release>;
  py::class_<Trainer>(module, "Trainer",
                      "A training in memory, step by step, with the engine and the random numbers of cebm-train: after "
                      "n steps its weights are those of cebm-train, bit for bit on the CPU.")
      .def(py::init<const Config&, const std::filesystem::path&, const std::string&>(), py::arg("config"),
           py::arg("data_root") = "", py::arg("device") = "cpu", ReleaseGil())
      .def(
          "step",
          [](Trainer& trainer, std::int64_t count) {
            NamedValues values;
            {
              const py::gil_scoped_release others_may_run;
              values = trainer.step(count);
            }
            return dict_of(values);
          },
          py::arg("count") = 1,
          "Takes gradient steps and returns the metrics of the last one, {name: value}. NumericsError if it diverges. "
          "Ctrl-C ends the call after the step that is being taken; `done` says how many there were.")
      .def(
          "measure", [](const Trainer& trainer) { return dict_of(trainer.measure()); },
          "The metrics that are measured once for a row of metrics.csv.")
      .def(
          "samples", &Trainer::samples, py::arg("count") = 64,
          "Up to `count` images that show what was learned so far, [N, C, H, W] in [-1, 1]; None where there are none.")
      .def("save", &Trainer::save, py::arg("directory"), ReleaseGil(),
           "Writes a checkpoint of a run into `directory`, for cebm.open_run and the programs to open. Returns "
           "its folder. ConfigError if the directory holds a run, unless this Trainer alone has written it.")
      .def_property_readonly("model", &Trainer::model,
                             "The model that is trained. Its tensors are the training's own: they change with it.")
      .def_property_readonly("done", &Trainer::done, "Gradient steps taken.")
      .def_property_readonly("steps", &Trainer::steps, "Gradient steps of the whole training.")
      .def_property_readonly("engine", &Trainer::engine, "Name of the engine that computes the energies of chains.")
      .def_property_readonly("data", &Trainer::data, "The training images.")
      .def_property_readonly("config", &Trainer::config);
  module.def(
      "_train",
      [](const Config& config, const std::filesystem::path& directory, const std::filesystem::path& data_root,
         const std::filesystem::path& init_from, const std::string& device, bool resume, const py::object& on_metrics,
         const py::object& on_message) {
        return run_training(config, {directory, data_root, init_from, device, resume}, on_metrics, on_message);
      },
      py::arg("config"), py::arg("directory"), py::arg("data_root"), py::arg("init_from"), py::arg("device"),
      py::arg("resume"), py::arg("on_metrics"), py::arg("on_message"));
}

}  // namespace cebm::python
