// The last hidden layer of a network.
#pragma once

#include <cebm/feed_forward.h>
#include <torch/types.h>

#include <vector>

namespace cebm {

/// The last hidden layer of a chain of at least two layers, activation included: [B, C, H, W] -> [B, F], float32 on the
/// CPU; a row depends on its own image alone.
torch::Tensor hidden_features(const std::vector<FeedForwardLayer>& layers, const torch::Tensor& images);

}  // namespace cebm
