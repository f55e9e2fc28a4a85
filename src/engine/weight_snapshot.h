// Whether a model's weights have changed since an engine packed them.
#pragma once

#include <torch/nn/module.h>

#include <vector>

namespace cebm {

/// A copy of the parameters and buffers, compared bit by bit: LibTorch's version counter of a tensor misses changes by
/// a fused optimiser or through a raw pointer. For tensors in the CPU's memory.
class WeightSnapshot {
 public:
  explicit WeightSnapshot(const torch::nn::Module& model);
  /// True if something has changed since the construction or the last call.
  bool changed();

 private:
  std::vector<torch::Tensor> tensors_;
  std::vector<torch::Tensor> copies_;
};

}  // namespace cebm
