/// A network as a plain chain of layers, for engines that compute it without autograd.
#pragma once

#include <cebm/activation.h>
#include <torch/types.h>

#include <cstdint>
#include <optional>

namespace cebm {

/// A convolution (weight of rank 4, cross-correlation as in LibTorch) or a fully connected layer (rank 2, of the
/// flattened input), and the activation after it. The tensors are those of the network, not copies.
struct FeedForwardLayer {
  torch::Tensor weight;
  torch::Tensor bias;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  std::optional<Activation> activation;
};

}  // namespace cebm
