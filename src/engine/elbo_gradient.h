// The gradient by which variational autoencoders are trained.
#pragma once

#include <cebm/gradient_parts.h>
#include <cebm/vae.h>

#include <functional>
#include <optional>

#include "engine/cuda/recorded_gradient.h"
#include "engine/vae_functions.h"

namespace cebm {

class ElboGradient {
 public:
  /// On `device`, where the model must be and which it must not outlive. `recorder` records the passes; without it they
  /// are computed tile by tile, as on a CPU.
  ElboGradient(Vae& model, torch::Device device, std::optional<WorkDevice> recorder);
  ElboGradient(const ElboGradient&) = delete;
  ElboGradient& operator=(const ElboGradient&) = delete;

  /// Adds the gradient of a loss to the grad() of the model's weights, or passes it to `parts`. `noise` is that of each
  /// image's samples, [B, S, K]; `loss` maps the images' log-likelihoods and KL terms, [B, 2], to a scalar. Returns the
  /// loss, detached.
  torch::Tensor add(const torch::Tensor& images, const torch::Tensor& noise,
                    const std::function<torch::Tensor(const torch::Tensor& values)>& loss,
                    GradientParts* parts = nullptr);

  /// How often recorded passes were replayed.
  std::int64_t replays() const { return recorded_ ? recorded_->replays() : 0; }

 private:
  torch::Tensor values(const torch::Tensor& images, const torch::Tensor& noise, const VaeNetworks& by) const;

  Vae& model_;
  VaeFunctions functions_;
  std::optional<RecordedGradient> recorded_;
};

}  // namespace cebm
