// A small convolutional classifier whose penultimate layer is a feature space for images of its data set.
#pragma once

#include <cebm/dataset.h>
#include <cebm/encoder.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>

namespace cebm {

/// Up to three convolutions of 4 x 4 with stride 2, which halve the image, a fully connected layer to kFeatures
/// features, all with SiLU, and a linear layer to the classes.
class Classifier final : public torch::nn::Module {
 public:
  static constexpr std::int64_t kFeatures = 64;

  Classifier(ImageShape image, std::int64_t classes, std::uint64_t seed);
  /// [B, C, H, W] in [-1, 1] -> [B, kFeatures].
  torch::Tensor features(const torch::Tensor& x) const { return activation_(encoder_->forward(x)); }
  /// The features from outputs that the encoder has already computed.
  torch::Tensor activated(const torch::Tensor& outputs) const { return activation_(outputs); }
  /// [B, kFeatures] -> [B, classes].
  torch::Tensor logits(const torch::Tensor& features) const { return torch::addmm(bias_, features, weight_.t()); }

  Encoder& encoder() const { return *encoder_; }
  ImageShape image() const { return image_; }
  std::int64_t classes() const { return bias_.size(0); }

 private:
  ImageShape image_;
  Activation activation_;
  std::shared_ptr<Encoder> encoder_;
  torch::Tensor weight_;  ///< [classes, kFeatures]
  torch::Tensor bias_;    ///< [classes]
};

struct ClassifierTraining {
  std::int64_t steps = 1000;
  std::int64_t batch_size = 128;
  double learning_rate = 3e-3;
  double average = 0.99;  ///< decay of the moving average of the weights, which becomes the result
  std::uint64_t seed = 1;
};

/// Trains by cross-entropy and Adam on a labelled set; the result does not depend on the number of threads. All labels
/// of `data` must be in 0 .. classes - 1.
std::shared_ptr<Classifier> train_classifier(const Dataset& data, std::int64_t classes,
                                             const ClassifierTraining& training,
                                             const std::function<void(std::uint64_t done)>& progress = {});

}  // namespace cebm
