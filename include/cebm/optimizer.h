/// Adam and its learning rate, spectral normalisation, and the moving average of weights; all state is saved with the
/// run.
#pragma once

#include <cebm/annealing.h>
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
  AnnealingOptions decay;         ///< factor of the learning rate after the warm-up
  double gradient_clip = 0.0;     ///< largest L2 norm of the whole gradient; 0: off
  double sigma_clip = 0.0;        ///< clips each entry of the gradient at this many standard deviations; 0: off
  double sigma_clip_floor = 0.1;  ///< added to that bound
  void fields(Fields& visit) override;
  /// Learning rate at gradient step `step` (from 0) of a training of `steps`; 0: the length is unknown, and a linear or
  /// cosine decay without its own `end` has no effect.
  double learning_rate_at(std::uint64_t step, std::uint64_t steps = 0) const;
};

/// Kingma and Ba (2015) with bias correction:
///   m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) g^2,  w <- w - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps).
/// Before that, if enabled, every entry of g is clamped to
///   +-(sigma_clip sqrt(v / (1 - b2^(t-1))) + sigma_clip_floor)       from the second step on
/// with the previous step's v (Du and Mordatch 2019's code; EBCLR), and then g is scaled down to norm gradient_clip.
class Adam {
 public:
  /// `steps`: of the whole training, as in learning_rate_at().
  Adam(NamedTensors parameters, const AdamOptions& options, std::uint64_t steps = 0);

  /// Updates the parameters from their gradients and clears the gradients; `step` counts from 0.
  /// Returns the gradient's L2 norm before clipping, a scalar on the device.
  torch::Tensor step(std::uint64_t step);

  void save(State& state) const;
  /// Throws CheckpointError if names or shapes do not fit.
  void load(const State& state);

 private:
  void clip_by_moments(std::vector<torch::Tensor>& gradients, std::uint64_t step) const;

  NamedTensors parameters_;
  AdamOptions options_;
  std::uint64_t steps_;
  std::vector<torch::Tensor> first_moments_;
  std::vector<torch::Tensor> second_moments_;
};

struct SpectralNormOptions final : Options {
  double bound = 0.0;           ///< largest singular value of every weight; 0: off
  std::int64_t iterations = 1;  ///< of the power method, per gradient step
  void fields(Fields& visit) override;
};

/// Spectral normalisation as a projection: after a gradient step every weight W is replaced by
///   W min(1, bound / s),  s the largest singular value of W as a matrix [out, all others]
/// (Gouk et al. 2021; the matrix as in Miyato et al. 2018). Engines, evaluators and files thus use the normalised
/// weights, and gradients need no special treatment. s = |W^T u| comes from the power method, whose vectors u persist
/// between steps: it never exceeds the true value, and reaches it within a few steps.
class SpectralNorm {
 public:
  /// `weights` of rank 2 or more. The initial vectors result from 20 iterations on random ones.
  SpectralNorm(NamedTensors weights, const SpectralNormOptions& options, std::uint64_t seed);
  /// Returns the largest singular value found, before the projection, a scalar on the device.
  torch::Tensor project();

  void save(State& state) const;
  /// Throws CheckpointError if names or shapes do not fit.
  void load(const State& state);

 private:
  NamedTensors weights_;
  SpectralNormOptions options_;
  std::vector<torch::Tensor> vectors_;  ///< u, [out]
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
