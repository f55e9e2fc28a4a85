// Torch tensors as the kernels see them: rows, one chain each.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "kernels/kernels.h"

namespace cebm {

/// The rows of `out` [B, ...]; row b belongs to chain chains[b]. Throws std::invalid_argument, naming `function`,
/// unless `out` is float32 and dense (4-D: channels-last) on the CPU or a GPU, and `chains` is dense int64 [B] on the
/// same device.
kernels::Rows rows_of(const torch::Tensor& out, const torch::Tensor& chains, const char* function);

}  // namespace cebm
