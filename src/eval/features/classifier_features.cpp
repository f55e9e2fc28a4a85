#include <cebm/tiles.h>

#include <utility>

#include "engine/encoder_outputs.h"
#include "eval/features/image_features.h"

namespace cebm {

namespace {

class ClassifierFeatures final : public ImageFeatures {
 public:
  ClassifierFeatures(std::shared_ptr<Classifier> classifier, const torch::Tensor& train)
      : classifier_(std::move(classifier)), outputs_(classifier_->encoder(), classifier_->image(), torch::kCPU) {
    scale_ = torch::ones({Classifier::kFeatures});
    mean_ = torch::zeros({Classifier::kFeatures});
    const torch::Tensor raw = features_of(*this, train).to(torch::kDouble);
    // One contiguous row per feature, so that a single thread sums it.
    const torch::Tensor columns = raw.t().contiguous();
    const torch::Tensor deviation = columns.std(1, /*unbiased=*/false);
    scale_ = torch::where(deviation > 1e-6, deviation.reciprocal(), torch::zeros_like(deviation)).to(torch::kFloat);
    mean_ = columns.mean(1).to(torch::kFloat);
  }

  std::string describe() const override {
    return "the " + std::to_string(Classifier::kFeatures) + " features of a classifier that was trained on the set";
  }

  torch::Tensor operator()(const torch::Tensor& images) override {
    return map_rows(outputs_(images), [&](const torch::Tensor& outputs, std::int64_t) {
      return (classifier_->activated(outputs) - mean_) * scale_;
    });
  }

 private:
  std::shared_ptr<Classifier> classifier_;
  EncoderOutputs outputs_;
  torch::Tensor mean_;
  torch::Tensor scale_;
};

}  // namespace

std::unique_ptr<ImageFeatures> classifier_features(std::shared_ptr<Classifier> classifier, const torch::Tensor& train) {
  return std::make_unique<ClassifierFeatures>(std::move(classifier), train);
}

}  // namespace cebm
