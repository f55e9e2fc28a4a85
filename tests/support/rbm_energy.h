// A restricted Boltzmann machine with Gaussian visible and Bernoulli hidden units: an energy that is no quadratic, with
// moments known by enumeration.
#pragma once

#include <cebm/model.h>
#include <cebm/random.h>

#include <cmath>

namespace cebm {

/// E(x) = |x - b|^2 / 2 - sum_j softplus(c_j + w_j^T x): a mixture of the 2^H Gaussians N(b + sum_j h_j w_j, 1).
class RbmEnergy final : public EnergyModel {
 public:
  RbmEnergy(ImageShape image, std::int64_t hidden)
      : EnergyModel(image),
        weight_(normal({hidden, image.numel()}, {.seed = 21}) * 0.6),
        offset_(normal({1, image.numel()}, {.seed = 22}) * 0.3),
        hidden_offset_(normal({1, hidden}, {.seed = 23}) * 0.5) {}

  torch::Tensor energy(const torch::Tensor& x) override {
    const torch::Tensor v = x.flatten(1);
    return (v - offset_).square().sum(1) / 2 - at::softplus(inputs(v)).sum(1);
  }
  torch::Tensor input_gradient(const torch::Tensor& x) override {
    const torch::Tensor v = x.flatten(1);
    return (v - offset_ - inputs(v).sigmoid().matmul(weight_)).view(x.sizes());
  }
  torch::Tensor latent(const torch::Tensor& x) override { return inputs(x.flatten(1)).sigmoid(); }

  struct ExactMoments {
    torch::Tensor mean;    ///< [D]
    torch::Tensor second;  ///< E x x^T, [D, D]
  };
  /// In float64, pixels in the order of flatten(1).
  ExactMoments moments() const {
    const torch::Tensor w = weight_.to(torch::kFloat64);
    const torch::Tensor b = offset_.to(torch::kFloat64)[0];
    const torch::Tensor c = hidden_offset_.to(torch::kFloat64)[0];
    torch::Tensor mean = torch::zeros_like(b);
    torch::Tensor second = torch::zeros({b.size(0), b.size(0)}, torch::kFloat64);
    double total = 0;
    for (std::int64_t states = 0; states < (std::int64_t{1} << c.size(0)); ++states) {
      torch::Tensor center = b.clone();
      double log_weight = 0;
      for (std::int64_t j = 0; j < c.size(0); ++j) {
        if (((states >> j) & 1) == 0) continue;
        center += w[j];
        log_weight += c[j].item<double>();
      }
      // int exp{-|x - b|^2 / 2 + x^T s} dx with s = center - b is exp{(|center|^2 - |b|^2) / 2} up to a constant.
      log_weight += (center.square().sum() - b.square().sum()).item<double>() / 2;
      const double weight = std::exp(log_weight);
      total += weight;
      mean += weight * center;
      second += weight * (center.outer(center) + torch::eye(b.size(0), torch::kFloat64));
    }
    return {mean / total, second / total};
  }

  /// log int exp{-E(x)} dx, in float64.
  double log_partition() const {
    const double numbers = static_cast<double>(offset_.size(1));
    return 0.5 * numbers * std::log(2.0 * 3.14159265358979323846) + log_weights().logsumexp(0).item<double>();
  }
  /// Exact draws [count, C, H, W]: a hidden state, and the Gaussian that it stands for.
  torch::Tensor draw(std::int64_t count, std::uint64_t seed) const {
    const torch::Tensor shares = log_weights().softmax(0).cumsum(0);
    const torch::Tensor u = uniform({count}, {.seed = seed}).to(torch::kFloat64);
    const torch::Tensor chosen = torch::searchsorted(shares, u).clamp_max(shares.size(0) - 1);
    const ImageShape image = image_shape();
    return (centers().index_select(0, chosen) + normal({count, image.numel()}, {.seed = seed, .step = 1}))
        .to(torch::kFloat)
        .view({count, image.channels, image.height, image.width});
  }

 private:
  /// All hidden states, [2^H, H].
  torch::Tensor states() const {
    const std::int64_t hidden = weight_.size(0);
    const torch::Tensor numbers = torch::arange(std::int64_t{1} << hidden).unsqueeze(1);
    return numbers.bitwise_right_shift(torch::arange(hidden).unsqueeze(0)).bitwise_and(1).to(torch::kFloat64);
  }
  torch::Tensor centers() const { return states().matmul(weight_.to(torch::kFloat64)) + offset_.to(torch::kFloat64); }
  torch::Tensor log_weights() const {
    const torch::Tensor offset = offset_.to(torch::kFloat64);
    return states().matmul(hidden_offset_.to(torch::kFloat64)[0]) +
           (centers().square().sum(1) - offset.square().sum()) / 2;
  }

  torch::Tensor inputs(const torch::Tensor& v) const { return v.matmul(weight_.t()) + hidden_offset_; }

  torch::Tensor weight_;
  torch::Tensor offset_;
  torch::Tensor hidden_offset_;
};

}  // namespace cebm
