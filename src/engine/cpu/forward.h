// A packed network's outputs for a batch.
#pragma once

#include <torch/types.h>

#include "engine/cpu/lanes.h"

namespace cebm {

/// o(x) of images [B, C, H, W], float32 and dense channels-last: [B, F].
torch::Tensor forward(Lanes& lanes, const torch::Tensor& x, kernels::cpu::Summation summation);

}  // namespace cebm
