/// The training loop.
#pragma once

#include <cebm/ranks.h>
#include <cebm/run.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cebm {

/// One row of metrics.csv together with the speed since the row before.
struct MetricsRow {
  std::uint64_t step = 0;  ///< gradient steps done
  NamedValues values;
  NamedValues shown;  ///< those that are declared for the console
  double steps_per_second = 0.0;
};

/// What the trainer tells its caller; every member may be empty.
struct TrainCallbacks {
  std::function<void(std::uint64_t step, std::uint64_t steps)> on_step;
  std::function<void(const MetricsRow&)> on_metrics;
  std::function<void(const std::string&)> on_message;
  /// Asked after every step; true saves a checkpoint and ends the training.
  std::function<bool()> should_stop;
  /// Asked after every step; true saves a checkpoint, and the training goes on.
  std::function<bool()> should_save;
};

struct TrainPlan {
  std::filesystem::path directory;
  DataContext data;
  torch::Device device = torch::kCPU;
  std::filesystem::path init_from = {};  ///< safetensors file or checkpoint folder with the initial weights
  bool resume = false;
  bool force = false;               ///< resume whatever has changed in the configuration
  std::string config_name = {};     ///< what people call the configuration; may be empty
  std::string resume_command = {};  ///< goes on with the run, for its report; may be empty
  /// Those that train together: each calls train() with the same configuration. Rank 0 writes the directory's files; of
  /// the checkpoints, which all must see, each writes its part.
  std::shared_ptr<Ranks> ranks = single_rank();
};

/// Builds what a training on images of that shape begins with, and drops it again: model, initial weights, objective,
/// sampler with its engine, optimiser. Reads no data, and leaves the replay buffer without memory. Throws ConfigError
/// for all that train() refuses in a configuration; CheckpointError if the weights of plan.init_from do not fit.
void check(const RunConfig& config, ImageShape image, const TrainPlan& plan);

/// The same for the images that the configured data set says it has; returns their shape. Nothing where the set cannot
/// know it before it is read: then nothing was built.
std::optional<ImageShape> check(const RunConfig& config, const TrainPlan& plan);

enum class TrainOutcome { finished, stopped, out_of_time };

/// Runs the configured training (paper, Algorithm 1 for energy-based models), writing into plan.directory, which is
/// locked meanwhile. The configuration is checked first, before data are read. Throws ConfigError as check() does, if
/// the directory already holds a run and resume is not set, or if resuming would make it another experiment;
/// NumericsError if the guard finds divergence and may not roll back (again), with earlier checkpoints left as they
/// are; IoError if another process trains in the directory or it cannot be written; DataError; CheckpointError, also if
/// the weights of init_from are not those of the configured model; RanksError if another rank has ended.
TrainOutcome train(const RunConfig& config, const TrainPlan& plan, const TrainCallbacks& callbacks = {});

}  // namespace cebm
