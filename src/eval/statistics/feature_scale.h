// What brings features to equal scale, for classifiers whose penalty is not indifferent to it.
#pragma once

#include <torch/types.h>

namespace cebm {

/// x -> (x - mean) / deviation, feature by feature; both undefined: x as it is.
struct FeatureScale {
  torch::Tensor mean;       ///< [D] double
  torch::Tensor deviation;  ///< population standard deviation, [D] double; 1 where it is 0
};

/// That of features [N, D], N > 0, float32 or uint8; independent of the number of threads.
FeatureScale feature_scale(const torch::Tensor& features);

/// Float32 numbers that the features stand for: themselves, or bytes / 255.
torch::Tensor numbers_of(const torch::Tensor& features);

}  // namespace cebm
