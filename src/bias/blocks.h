// Codes whose dimensions belong together in blocks, and draws of one-hot codes.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace cebm {

/// [..., K] -> [..., K / size, size].
inline torch::Tensor in_blocks(const torch::Tensor& values, std::int64_t size) {
  return values.unflatten(-1, {values.size(-1) / size, size});
}

/// The class that the uniform number u in (0, 1) falls into: logits [..., C], u [..., 1] -> one-hot [..., C].
torch::Tensor one_hot_draw(const torch::Tensor& logits, const torch::Tensor& u);

}  // namespace cebm
