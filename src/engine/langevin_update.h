// The Langevin update, in place, for engines whose gradients are LibTorch tensors.
#pragma once

#include <ATen/ops/linalg_vector_norm.h>
#include <torch/types.h>

#include "engine/counter.h"
#include "kernels/cuda/runtime.h"

namespace cebm {

/// min(1, bound / |g|) for each row.
inline torch::Tensor norm_clip(const torch::Tensor& gradient, double bound) {
  const torch::Tensor norms = at::linalg_vector_norm(gradient, 2, torch::IntArrayRef{1, 2, 3});
  return norms.reciprocal_().mul_(bound).clamp_max_(1.0);
}

/// Moves x by the gradient at it, both channels-last; `rows` are those of x.
inline void langevin_update(const torch::Tensor& x, const torch::Tensor& gradient, kernels::RowFactors factors,
                            kernels::Rows rows, const kernels::Counter& counter, const LangevinStep& step) {
  if (x.is_cuda()) {
    kernels::cuda::langevin_update(x.data_ptr<float>(), gradient.const_data_ptr<float>(), factors, rows, counter, step,
                                   kernels::cuda::current_stream(x.device().index()));
  } else {
    kernels::cpu::langevin_update(x.data_ptr<float>(), gradient.const_data_ptr<float>(), factors, rows, counter, step);
  }
}

}  // namespace cebm
