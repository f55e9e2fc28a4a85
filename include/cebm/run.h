/// A run: its configuration, its directory, and loading its trained model.
///
///   config.yaml       resolved configuration            metrics.csv   one row per train.log_every steps
///   checkpoints/      see checkpoint.h                  timing.csv    wall-clock time of the same rows
///   samples/*.png     replay buffer over time           events.csv    what the guard found; absent if nothing
///   .lock             held by the training process      report.html   a page to look at
///   run.json          how and where it was started       events.out.tfevents.0.cebm, and another in eval/: TensorBoard
#pragma once

#include <cebm/checkpoint.h>
#include <cebm/dataset.h>
#include <cebm/guard.h>
#include <cebm/model.h>
#include <cebm/objective.h>
#include <cebm/optimizer.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace cebm {

struct TrainOptions final : Options {
  std::int64_t steps = 90000;
  std::int64_t batch_size = 128;
  std::int64_t seed = 1;
  double data_noise_std = 0.173205;
  std::int64_t labels_per_class = 0;  ///< images of each class whose labels the objective sees; 0: all
  double ema_decay = 0.0;             ///< 0: no moving average
  double max_energy = 1e6;            ///< a larger metric of a step, such as a mean energy, counts as divergence
  std::int64_t log_every = 50;
  std::int64_t sample_every = 1000;
  std::int64_t sample_count = 64;
  bool tensorboard = true;         ///< an event file beside metrics.csv
  std::int64_t report_every = 15;  ///< seconds between writings of report.html; 0: at the end alone
  double max_hours = 0.0;          ///< of one process: then it saves and ends, to be resumed; 0: no limit
  AdamOptions optimizer;
  SpectralNormOptions spectral_norm;  ///< of the model's encoder
  /// Conditions on other sections under which some of the settings are read.
  struct Conditions {
    Condition guarded = {};       ///< a guard that is not off
    Condition takes_noise = {};   ///< an objective that reads noisy images
    Condition takes_labels = {};  ///< an objective that reads labels
  };
  void fields(Fields& visit) override { fields(visit, {}); }
  void fields(Fields& visit, const Conditions& conditions);
};

/// What happens when a checkpoint, a row of metrics or a picture cannot be written.
///   stop: the training ends with IoError
///   proceed: it continues without; rows wait in memory until they can be written
enum class WriteFailure { stop, proceed };

struct CheckpointOptions final : Options {
  std::int64_t every = 1000;
  std::int64_t keep_last = 2;
  std::int64_t keep_every = 0;  ///< also every checkpoint at a multiple of this many steps; 0: none
  WriteFailure on_failure = WriteFailure::stop;
  void fields(Fields& visit) override;
};

/// All settings of a run. The catalog must outlive it.
struct RunConfig final : Options {
  explicit RunConfig(const Catalog& catalog);

  Choice<DatasetEntry> data;
  Choice<ModelEntry> model;
  Choice<ObjectiveEntry> objective;
  TrainOptions train;
  CheckpointOptions checkpoint;
  GuardOptions guard;

  void fields(Fields& visit) override;
  const Catalog& catalog() const { return *catalog_; }
  ObjectiveOptions& objective_options();
  const ObjectiveOptions& objective_options() const;
  /// The sampler that draws from a trained energy: the objective's, or if it has none the catalog's first with its
  /// defaults.
  Choice<SamplerEntry>& sampler();

 private:
  const Catalog* catalog_;
  Choice<SamplerEntry> any_sampler_;  ///< for objectives that have none
};

/// A config by path or bare name ("fashion_mnist_cebm.yaml", the suffix may be left out): as given from the working
/// directory, then in the folders of configs that come with the program.
/// Throws ConfigError that lists the places searched.
std::filesystem::path find_config(const std::string& name_or_path);

enum class Weights { live, average };

/// The checkpoint of a run at `step`, or without a step the newest one that verifies; damaged ones that it skips are
/// appended to `skipped`. Throws CheckpointError if the directory is missing, is not a run, or has no such checkpoint.
Checkpoint checkpoint_of(const std::filesystem::path& directory, std::optional<std::uint64_t> step,
                         std::vector<SkippedCheckpoint>& skipped);

/// A checkpoint with the model and what sampling needs besides: the number of rollbacks and the sampler's values, no
/// other tensors. Weights::average takes the moving average's weights, or the live ones if there is none. A run with
/// such a checkpoint can be opened, sampled from and evaluated, but not resumed.
Checkpoint weights_alone(const Checkpoint& checkpoint, Weights weights);

/// A finished or running training, opened for sampling or evaluation.
struct OpenedRun {
  std::unique_ptr<RunConfig> config;
  std::shared_ptr<Model> model;
  Checkpoint checkpoint;
  std::vector<SkippedCheckpoint> skipped;
  bool averaged = false;  ///< the moving average's weights are in the model
};

/// Loads the newest checkpoint of a run that verifies. Weights::average falls back to the live weights, with
/// OpenedRun::averaged false, if the run keeps no average.
/// Throws CheckpointError if the directory is missing, is not a run, or has no such checkpoint.
OpenedRun open_run(const std::filesystem::path& directory, const Catalog& catalog, torch::Device device,
                   Weights weights = Weights::average);

}  // namespace cebm
