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
};

struct TrainPlan {
  std::filesystem::path directory;
  DataContext data;
  torch::Device device = torch::kCPU;
  bool resume = false;
};

enum class TrainOutcome { finished, stopped };

/// Runs the configured training (paper, Algorithm 1 for energy-based models), writing into plan.directory.
/// Throws ConfigError if the directory already holds a run and resume is not set; NumericsError if energies or
/// gradients become non-finite or exceed train.max_energy (checkpoints written before stay); DataError, IoError,
/// CheckpointError.
TrainOutcome train(const RunConfig& config, const TrainPlan& plan, const TrainCallbacks& callbacks = {});

}  // namespace cebm
