// Rows chosen by a condition, differentiably.
#pragma once

#include <ATen/ops/arange.h>
#include <ATen/ops/where.h>
#include <torch/types.h>

#include <vector>

namespace cebm {

/// values[y[b]] for each b: [L, ...], int64 [B] -> [B, ...]. A mask and a sum instead of indexing: where y repeats an
/// index, a GPU would add up the gradient of indexing in a varying order.
inline torch::Tensor select_rows(const torch::Tensor& values, const torch::Tensor& y) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(values.dim()) + 1, 1);
  shape[0] = y.size(0);
  shape[1] = values.size(0);
  const torch::Tensor chosen = y.unsqueeze(1).eq(at::arange(values.size(0), y.options())).view(shape);
  return at::where(chosen, values.unsqueeze(0), 0.0).sum(1);
}

}  // namespace cebm
