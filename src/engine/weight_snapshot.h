// Whether a model's weights have changed since an engine packed them.
#pragma once

#include <torch/nn/module.h>

#include <vector>

namespace cebm {

/// A copy of the parameters and buffers, compared bit by bit: LibTorch's count of a tensor's changes misses those that
/// a fused optimiser or a raw pointer makes. For tensors in the CPU's memory.
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
