// Everything that a gradient step reads and changes.
#pragma once

#include <cebm/run.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "train/optimizers.h"
#include "train/step_metrics.h"

namespace cebm {

/// Is told what starts anew, and why, where a checkpoint does not have it as the configuration asks.
using StartAnew = std::function<void(const std::string&)>;

class Learner {
 public:
  /// Builds a model for images of shape `image` with the initial weights of `config`, which is not needed afterwards,
  /// or with the weights that `initialize` copies into it. `data` are the training images; a check passes none. Throws
  /// ConfigError if something cannot be built, or if no engine computes the chains' energies as the sampler's options
  /// ask.
  Learner(const RunConfig& config, ImageShape image, torch::Device device,
          const std::function<void(Model&)>& initialize = {}, std::shared_ptr<const Dataset> data = {},
          const std::shared_ptr<Ranks>& ranks = single_rank());

  /// Gradient step number `step` (from 0) on images in pixel_range(). Returns the metrics of the step: the objective's,
  /// the gradient norms, the largest singular value (with spectral normalisation only), and the norm of the weights
  /// after the step. Gradients that the weights have from elsewhere are dropped.
  StepMetrics step(const Batch& batch, std::uint64_t step);
  PixelRange pixel_range() const { return model_->pixel_range(); }

  const std::shared_ptr<Model>& model() const { return model_; }
  const Objective& objective() const { return *objective_; }
  const std::vector<std::string>& norm_names() const { return optimizers_->norm_names(); }
  /// The metrics that step() and measure() return, in the order of metrics.csv's columns.
  const std::vector<Metric>& metrics() const { return metrics_; }
  /// The metrics that are measured once per row, after gradient step `step`.
  NamedValues measure(std::uint64_t step) const;

  /// Parts model, optimizer, objective, ema.
  void save(Checkpoint& checkpoint) const;
  /// Throws CheckpointError for a part that is missing or does not fit. With `anew`, the state of the objective, of
  /// spectral normalisation and of the moving average starts anew in that case, and `anew` is told why.
  void load(const Checkpoint& checkpoint, const StartAnew& anew = {});

 private:
  void start_spectral_norm();
  void start_average();

  AdamOptions adam_;
  SpectralNormOptions spectral_norm_options_;
  double ema_decay_;
  std::uint64_t seed_;
  std::uint64_t steps_;  ///< of the whole training
  std::shared_ptr<Model> model_;
  std::shared_ptr<Objective> objective_;
  std::optional<Optimizers> optimizers_;
  std::optional<SpectralNorm> spectral_norm_;
  std::optional<WeightAverage> average_;
  std::vector<torch::Tensor> weights_;
  std::vector<Metric> metrics_;
};

}  // namespace cebm
