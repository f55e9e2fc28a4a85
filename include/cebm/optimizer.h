/// Adam, its learning-rate warm-up, and the moving average of weights; all state is saved with the run.
#pragma once

#include <cebm/options.h>
#include <cebm/state.h>
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cebm {

struct AdamOptions final : Options {
  double learning_rate = 1e-4;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  std::int64_t warmup_steps = 0;  ///< learning rate rises linearly from 0 over this many steps
  double gradient_clip = 0.0;     ///< largest L2 norm of the whole gradient; 0: off
  void fields(Fields& visit) override;
  /// Learning rate at gradient step `step` (from 0).
  double learning_rate_at(std::uint64_t step) const;
};

/// Kingma and Ba (2015) with bias correction:
///   m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) g^2,  w <- w - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps).
class Adam {
 public:
  Adam(NamedTensors parameters, const AdamOptions& options);

  /// Updates the parameters from their gradients and clears the gradients; `step` counts from 0.
  /// Returns the gradient's L2 norm before clipping, a scalar on the device.
  torch::Tensor step(std::uint64_t step);

  void save(State& state) const;
  /// Throws CheckpointError if names or shapes do not fit.
  void load(const State& state);

 private:
  NamedTensors parameters_;
  AdamOptions options_;
  std::vector<torch::Tensor> first_moments_;
  std::vector<torch::Tensor> second_moments_;
};

/// Exponential moving average w_ema <- d w_ema + (1 - d) w, with d lowered to (1 + t) / (10 + t) in the first steps so
/// that the random initial weights are forgotten.
class WeightAverage {
 public:
  WeightAverage(NamedTensors parameters, double decay);
  void update(std::uint64_t step);
  void save(State& state) const;
  void load(const State& state);

 private:
  NamedTensors parameters_;
  double decay_;
  std::vector<torch::Tensor> average_;
};

}  // namespace cebm
