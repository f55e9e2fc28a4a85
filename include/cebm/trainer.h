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

/// Callbacks of the trainer; every member may be empty.
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
  bool force = false;               ///< resumes even if configuration or training images have changed
  std::string config_name = {};     ///< name of the configuration, for people; may be empty
  std::string resume_command = {};  ///< resumes the run; shown in its report; may be empty
  /// Ranks that train together: each calls train() with the same configuration. Rank 0 writes the directory's files;
  /// each writes its part of a checkpoint, so all must be able to access the directory.
  std::shared_ptr<Ranks> ranks = single_rank();
};

/// Checks a configuration by building, and discarding, everything that a training on images of that shape starts with:
/// model, initial weights, objective, sampler with its engine, optimiser. Reads no data and allocates no replay buffer.
/// Throws ConfigError for all that train() refuses in a configuration; CheckpointError if the weights of plan.init_from
/// do not fit.
void check(const RunConfig& config, ImageShape image, const TrainPlan& plan);

/// The same for the image shape that the configured data set announces; returns that shape. Returns nothing, without a
/// check, if the shape is known only after reading the set.
std::optional<ImageShape> check(const RunConfig& config, const TrainPlan& plan);

enum class TrainOutcome { finished, stopped, out_of_time };

/// Runs the configured training (paper, Algorithm 1 for energy-based models), writing into plan.directory, which is
/// locked meanwhile. The configuration is checked first, before data are read. Throws ConfigError as check() does, if
/// the directory already holds a run and resume is not set, or no run but a file that a training writes, or if resuming
/// would make it another experiment;
/// NumericsError if the guard finds divergence and may not roll back (again), with earlier checkpoints left as they
/// are; IoError if another process trains in the directory or it cannot be written; DataError; CheckpointError, also if
/// the weights of init_from are not those of the configured model; RanksError if another rank has ended.
TrainOutcome train(const RunConfig& config, const TrainPlan& plan, const TrainCallbacks& callbacks = {});

}  // namespace cebm
