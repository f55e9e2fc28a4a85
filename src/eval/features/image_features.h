// Feature spaces in which sets of images are compared.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "eval/features/classifier.h"

namespace cebm {

class ImageFeatures {
 public:
  virtual ~ImageFeatures() = default;
  /// Text for the report: "64 features of a classifier".
  virtual std::string describe() const = 0;
  /// images [N, C, H, W] in [-1, 1] -> [N, D] float32 on the CPU. An image's features do not depend on the others.
  virtual torch::Tensor operator()(const torch::Tensor& images) = 0;
};

/// The features of `images` [N, C, H, W], uint8 or float (clamped to [-1, 1]), computed block by block.
torch::Tensor features_of(ImageFeatures& features, const torch::Tensor& images);

/// The classifier's features, each shifted and scaled to mean 0 and standard deviation 1 over `train` (uint8); a
/// feature that is constant there is 0.
std::unique_ptr<ImageFeatures> classifier_features(std::shared_ptr<Classifier> classifier, const torch::Tensor& train);

/// The first `count` principal components of the pixels of `train` (uint8), or as many as there are, under a common
/// scale that makes their mean variance 1. Throws ConfigError for images of more than 4096 numbers.
std::unique_ptr<ImageFeatures> principal_components(const torch::Tensor& train, std::int64_t count);

}  // namespace cebm
