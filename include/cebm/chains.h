/// Markov chains of images.
#pragma once

#include <cebm/image.h>
#include <torch/types.h>

#include <cstdint>

namespace cebm {

/// A batch of chains: their states and identities.
struct Chains {
  torch::Tensor x;    ///< [B, C, H, W] float32, channels-last
  torch::Tensor ids;  ///< [B] int64 on x's device, in [0, 2^32): identity of each chain in the random stream
  /// [B] int64 on x's device: number of calls that moved each chain since its start; undefined if not counted.
  torch::Tensor calls = {};
};

/// Makes chains with ids 0 .. B-1 from images (any layout, copied).
Chains make_chains(const torch::Tensor& images);
/// B chains of U[-1, 1) noise (Algorithm 1's start), ids 0 .. B-1.
Chains noise_chains(std::int64_t count, ImageShape image, std::uint64_t seed, torch::Device device);

}  // namespace cebm
