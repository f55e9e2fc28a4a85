// The one VAE whose likelihood is known: p(z) = N(0, I), p(x | z) = N(W z + b, s^2 I), so p(x) = N(b, W W^T + s^2 I).
#pragma once

#include <cebm/vae.h>

#include <cmath>
#include <numbers>

#include "support/numeric.h"

namespace cebm {

/// Pixels without bounds around the decoder's output itself.
class PlainGaussian final : public Likelihood {
 public:
  explicit PlainGaussian(double std) : std_(std) {}
  PixelRange pixel_range() const override { return PixelRange::symmetric; }
  torch::Tensor log_prob(const torch::Tensor& x, const torch::Tensor& output) const override {
    const torch::Tensor u = (x - output) / std_;
    return (-0.5 * u.square() - std::log(std_) - 0.5 * std::log(2.0 * std::numbers::pi)).sum({-3, -2, -1});
  }
  torch::Tensor mean(const torch::Tensor& output) const override { return output; }

 private:
  double std_;
};

/// x -> A x + c.
class LinearMap final : public Encoder {
 public:
  LinearMap(torch::Tensor matrix, torch::Tensor offset) : matrix_(std::move(matrix)), offset_(std::move(offset)) {}
  torch::Tensor forward(const torch::Tensor& x) override { return x.flatten(1).matmul(matrix_.t()) + offset_; }

 private:
  torch::Tensor matrix_;
  torch::Tensor offset_;
};

class LinearDecoder final : public Decoder {
 public:
  LinearDecoder(torch::Tensor matrix, torch::Tensor offset) : matrix_(std::move(matrix)), offset_(std::move(offset)) {}
  torch::Tensor forward(const torch::Tensor& z) override {
    return (z.matmul(matrix_.t()) + offset_).view({z.size(0), 1, 2, 2});
  }

 private:
  torch::Tensor matrix_;
  torch::Tensor offset_;
};

/// Two latent dimensions, images of 2 x 2 pixels, float64.
struct LinearVae {
  // Columns at right angles: the exact posterior has independent dimensions, as q(z | x) does.
  torch::Tensor w = double_tensor({1.0, 0.5, 1.0, -0.5, -1.0, 0.5, -1.0, -0.5}, {4, 2});
  torch::Tensor b = double_tensor({0.3, -0.2, 0.1, 0.0}, {4});
  double s = 0.8;
  std::shared_ptr<Vae> model;

  explicit LinearVae(bool exact_posterior = false) {
    // Exact: precision of z_k is 1 + |w_k|^2 / s^2, mean = precision^-1 w_k^T (x - b) / s^2.
    const torch::Tensor precision = 1.0 + w.square().sum(0) / (s * s);
    torch::Tensor gain = w.t() / (s * s) / precision.unsqueeze(1);
    torch::Tensor mean_offset = -gain.matmul(b);
    torch::Tensor log_std = -0.5 * precision.log();
    if (!exact_posterior) {
      gain = 0.7 * gain;
      mean_offset = mean_offset + 0.1;
      log_std = log_std + 0.4;
    }
    const auto encoder =
        std::make_shared<LinearMap>(torch::cat({gain, torch::zeros_like(gain)}), torch::cat({mean_offset, log_std}));
    const auto prior = std::make_shared<MixtureBias>(std::make_shared<GaussianFamily>(),
                                                     torch::zeros({1, 2, 2}, torch::kFloat64), false, false);
    model = std::make_shared<Vae>(ImageShape{1, 2, 2}, encoder, std::make_shared<LinearDecoder>(w, b),
                                  std::make_shared<PlainGaussian>(s), prior, 10, 1);
  }

  torch::Tensor data(std::int64_t count) const {
    return normal({count, 4}, {.seed = 21}).to(torch::kFloat64).view({count, 1, 2, 2}) * 1.5;
  }

  torch::Tensor exact_log_likelihood(const torch::Tensor& x) const {
    const torch::Tensor covariance = w.matmul(w.t()) + s * s * torch::eye(4, torch::kFloat64);
    const torch::Tensor centred = x.flatten(1) - b;
    const torch::Tensor mahalanobis = (centred.matmul(at::linalg_inv(covariance)) * centred).sum(1);
    return -0.5 * (mahalanobis + at::logdet(covariance) + 4.0 * std::log(2.0 * std::numbers::pi));
  }
};

}  // namespace cebm
