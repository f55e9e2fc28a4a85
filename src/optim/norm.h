// The L2 norm of many tensors together.
#pragma once

#include <torch/types.h>

#include <vector>

namespace cebm {

/// sqrt(sum of the squares of all elements of all tensors), a scalar on their device. On the CPU one thread sums each
/// tensor: LibTorch would split a large one among all threads, and the rounding would depend on their number.
torch::Tensor joint_norm(const std::vector<torch::Tensor>& tensors);

}  // namespace cebm
