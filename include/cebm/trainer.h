/// The training loop.
#pragma once

#include <cebm/run.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace cebm {

/// One row of metrics.csv together with the speed since the row before.
struct MetricsRow {
  std::uint64_t step = 0;  ///< gradient steps done
  std::vector<std::pair<std::string, double>> values;
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
  bool force = false;  ///< resume whatever has changed in the configuration
};

enum class TrainOutcome { finished, stopped, out_of_time };

/// Runs the configured training (paper, Algorithm 1 for energy-based models), writing into plan.directory, which is
/// locked meanwhile. Throws ConfigError if the directory already holds a run and resume is not set, or if resuming
/// would make it another experiment; NumericsError if the guard finds divergence and may not roll back (again), with
/// earlier checkpoints left as they are; IoError if another process trains in the directory or it cannot be written;
/// DataError; CheckpointError, also if the weights of init_from are not those of the configured model.
TrainOutcome train(const RunConfig& config, const TrainPlan& plan, const TrainCallbacks& callbacks = {});

}  // namespace cebm
