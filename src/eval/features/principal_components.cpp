#include <cebm/dataset.h>
#include <cebm/errors.h>
#include <cebm/sample_quality.h>

#include <algorithm>

#include "core/mkl.h"
#include "eval/features/image_features.h"

namespace cebm {

namespace {

constexpr std::int64_t kMostNumbers = 4096;

class PrincipalComponents final : public ImageFeatures {
 public:
  PrincipalComponents(const torch::Tensor& train, std::int64_t count) {
    const GaussianMoments pixels = moments_of(to_float(train).contiguous().flatten(1));
    const mkl::OneThread alone;
    const auto [values, vectors] = at::linalg_eigh(pixels.covariance);  // ascending
    const std::int64_t kept = std::min(count, values.size(0));
    const torch::Tensor largest = values.narrow(0, values.size(0) - kept, kept);
    const double variance = std::max(largest.mean().item<double>(), 1e-12);
    mean_ = pixels.mean;
    axes_ = vectors.narrow(1, values.size(0) - kept, kept).div(std::sqrt(variance)).contiguous();
  }

  std::string describe() const override {
    return std::to_string(axes_.size(1)) + " principal components of the training images' pixels";
  }

  torch::Tensor operator()(const torch::Tensor& images) override {
    const mkl::OneThread alone;
    return images.contiguous().flatten(1).to(torch::kDouble).sub(mean_).matmul(axes_).to(torch::kFloat);
  }

 private:
  torch::Tensor mean_;  ///< [D] double
  torch::Tensor axes_;  ///< [D, K] double
};

}  // namespace

std::unique_ptr<ImageFeatures> principal_components(const torch::Tensor& train, std::int64_t count) {
  const std::int64_t numbers = train.size(1) * train.size(2) * train.size(3);
  if (numbers > kMostNumbers) {
    throw ConfigError("samples.features: pca is for images of at most " + std::to_string(kMostNumbers) +
                      " numbers, found " + std::to_string(numbers) + "; expected classifier");
  }
  return std::make_unique<PrincipalComponents>(train, count);
}

}  // namespace cebm
