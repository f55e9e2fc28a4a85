// Standardisation of features, for classifiers whose penalty depends on their scale.
#pragma once

#include <torch/types.h>

namespace cebm {

/// x -> (x - mean) / deviation, feature by feature; if both are undefined, x is unchanged.
struct FeatureScale {
  torch::Tensor mean;       ///< [D] double
  torch::Tensor deviation;  ///< population standard deviation, [D] double; 1 where it is 0
};

/// The scale of features [N, D], N > 0, float32 or uint8; independent of the number of threads.
FeatureScale feature_scale(const torch::Tensor& features);

/// The features as float32: floats unchanged, bytes / 255.
torch::Tensor numbers_of(const torch::Tensor& features);

}  // namespace cebm
