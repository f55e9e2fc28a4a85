// Features of equal scale for classifiers whose penalty is not.
#pragma once

#include <torch/types.h>

namespace cebm {

/// x -> (x - mean) / deviation, feature by feature.
struct FeatureScale {
  torch::Tensor mean;       ///< [D] double
  torch::Tensor deviation;  ///< population standard deviation, [D] double; 1 where it is 0

  /// [N, D] float32, or uint8 standing for value / 255, -> [N, D] float32.
  torch::Tensor operator()(const torch::Tensor& features) const;
};

/// That of features [N, D], N > 0, float32 or uint8; independent of the number of threads.
FeatureScale feature_scale(const torch::Tensor& features);

/// Float32 numbers that the features stand for: themselves, or bytes / 255.
torch::Tensor numbers_of(const torch::Tensor& features);

}  // namespace cebm
