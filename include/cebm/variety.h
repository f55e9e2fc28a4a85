/// Variety of a set of images: a low value is the first sign of a collapsed sampler.
#pragma once

#include <torch/types.h>

namespace cebm {

/// Mean Euclidean distance over all pairs of different rows of [N, ...] float images, N >= 2.
/// Throws std::invalid_argument for fewer.
double mean_pairwise_distance(const torch::Tensor& images);

}  // namespace cebm
