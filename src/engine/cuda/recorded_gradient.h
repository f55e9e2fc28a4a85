// Gradients of a module's weights whose forward and backward passes are recorded and replayed. The loss between the two
// is launched anew at every call, so that it may change from call to call.
#pragma once

#include <cebm/gradient_parts.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/cuda/recorded_work.h"

namespace cebm {

class RecordedGradient {
 public:
  using Inputs = std::vector<torch::Tensor>;
  using Function = std::function<torch::Tensor(const torch::Tensor& values)>;

  /// `values` maps inputs [B, ...] to values [B, ...] by operations that never wait for the device. The module, to
  /// which all other tensors that it reads must belong, must outlive this object.
  RecordedGradient(WorkDevice device, torch::nn::Module& module,
                   std::function<torch::Tensor(const Inputs& inputs)> values);

  /// Adds the gradient with respect to the module's weights to their grad(), or passes it to `parts`; `derivative` maps
  /// the values to d loss / d values. The first call with given shapes launches its work directly, the second records
  /// it. Starts again where the sizes of the inputs or the addresses of the module's tensors have changed.
  void add(const Inputs& inputs, const Function& derivative, GradientParts* parts);
  /// The same with the derivative of `loss`, which maps the values to a scalar. Returns the loss, detached.
  torch::Tensor add_loss(const Inputs& inputs, const Function& loss, GradientParts* parts);

  /// How often both passes were replayed.
  std::int64_t replays() const { return replays_; }

 private:
  /// What recordings fix: memory that they read and write.
  struct Pass {
    std::vector<const void*> module;
    Inputs inputs;
    torch::Tensor derivative;              ///< undefined before the first call has ended
    torch::Tensor values;                  ///< with its graph, until the backward pass
    std::vector<torch::Tensor> gradients;  ///< of weights_; undefined for a weight that the values do not use
    Work forward;                          ///< replays; empty: not recorded
    Work backward;
  };

  Pass& pass_for(const Inputs& inputs);
  void record(Pass& pass);
  /// False where there is nothing to replay or it failed.
  bool replayed(Pass& pass, const Work& replay);
  void give_up(Pass& pass, const std::exception& reason);
  void forward(Pass& pass) const;
  void backward(Pass& pass) const;
  void add_to_weights(const Pass& pass, GradientParts* parts);

  WorkDevice device_;
  torch::nn::Module& module_;
  std::function<torch::Tensor(const Inputs& inputs)> values_;
  std::vector<torch::Tensor> weights_;  ///< those that are learned
  std::optional<Pass> pass_;
  std::string failure_;  ///< why recording or replaying failed and is not tried again
  std::int64_t replays_ = 0;
};

}  // namespace cebm
