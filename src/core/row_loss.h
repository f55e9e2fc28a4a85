// A loss of values that are computed from rows, with its gradient with respect to the rows.
#pragma once

#include <cebm/gradient_parts.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace cebm {

struct RowLoss {
  torch::Tensor value;     ///< detached
  torch::Tensor gradient;  ///< d loss / d rows
};

/// `values` maps some of the rows, from index `first` on, to per-row values, [b, F] -> [b, ...]; `loss` maps the values
/// of all rows to a scalar. Adds the gradients of `parameters`, which `values` may use, to their grad(), or to `parts`.
/// Works in tiles on the CPU, so that the bits do not depend on the number of threads.
RowLoss add_row_loss(const torch::Tensor& rows, const std::vector<torch::Tensor>& parameters,
                     const std::function<torch::Tensor(const torch::Tensor& rows, std::int64_t first)>& values,
                     const std::function<torch::Tensor(const torch::Tensor& values)>& loss,
                     GradientParts* parts = nullptr);

}  // namespace cebm
