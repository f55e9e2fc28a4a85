// The L2 norm of many tensors together.
#pragma once

#include <torch/types.h>

#include <vector>

namespace cebm {

/// sqrt(sum of the squares of all elements of all tensors), a scalar on their device. On the CPU each tensor is summed
/// by one thread: LibTorch would split a large one among as many as there are, and round differently with each number.
torch::Tensor joint_norm(const std::vector<torch::Tensor>& tensors);

}  // namespace cebm
