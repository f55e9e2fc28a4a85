/// Images from a trained generator: draws from the prior, and reconstructions of data.
#pragma once

#include <cebm/run.h>

#include <cstdint>
#include <vector>

namespace cebm {

struct GenerationRequest {
  std::int64_t count = 64;               ///< images, or images per component where components are named
  std::vector<std::int64_t> components;  ///< of a mixture prior; empty: draws from the whole prior
  std::uint64_t seed = 1;
};

/// Draws z from the prior and returns the generator's images in [-1, 1], component by component: [N, C, H, W] on the
/// CPU. Throws ConfigError for count < 1, a component that does not exist, or a model that generates nothing.
torch::Tensor draw_from_prior(const OpenedRun& run, const GenerationRequest& request, torch::Device device);

/// The images that the model generates from the latent codes of `bytes` [N, C, H, W] (uint8), in [-1, 1], on the CPU.
/// Throws ConfigError for images of another shape, or a model that generates nothing.
torch::Tensor reconstruct(const OpenedRun& run, const torch::Tensor& bytes, torch::Device device);

/// Interleaves rows of `columns` images: a row of `above`, the same row of `below`, ...; partial last rows are padded
/// with black (-1). Both [N, C, H, W] in [-1, 1].
torch::Tensor pair_rows(const torch::Tensor& above, const torch::Tensor& below, std::int64_t columns);

}  // namespace cebm
