// A toy energy with a known density, for tests of samplers.
#pragma once

#include <cebm/model.h>

namespace cebm {

/// E(x) = sum (x - mean)^2 / (2 deviation^2): pixels are independent N(mean, deviation^2).
class QuadraticEnergy final : public EnergyModel {
 public:
  QuadraticEnergy(ImageShape image, double mean, double deviation)
      : EnergyModel(image), mean_(mean), precision_(1 / (deviation * deviation)) {}

  torch::Tensor energy(const torch::Tensor& x) override {
    return (x - mean_).square().flatten(1).sum(1).mul(0.5 * precision_);
  }
  torch::Tensor input_gradient(const torch::Tensor& x) override { return (x - mean_).mul(precision_); }
  torch::Tensor latent(const torch::Tensor& x) override { return x.flatten(1); }

 private:
  double mean_;
  double precision_;
};

}  // namespace cebm
