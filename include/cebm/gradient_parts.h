/// Gradients as the list of their summands.
#pragma once

#include <torch/types.h>

#include <unordered_map>
#include <utility>
#include <vector>

namespace cebm {

/// Contributions of the parts of a batch to the gradients of weights, in the order of the batch. Several processes that
/// share a batch add them up in that order, so that the sum equals that of one process (ranks.h).
class GradientParts {
 public:
  void add(const torch::Tensor& parameter, torch::Tensor part) {
    parts_[parameter.unsafeGetTensorImpl()].push_back(std::move(part));
  }
  const std::vector<torch::Tensor>& of(const torch::Tensor& parameter) const {
    static const std::vector<torch::Tensor> none;
    const auto found = parts_.find(parameter.unsafeGetTensorImpl());
    return found == parts_.end() ? none : found->second;
  }

 private:
  std::unordered_map<const c10::TensorImpl*, std::vector<torch::Tensor>> parts_;
};

}  // namespace cebm
