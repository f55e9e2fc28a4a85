/// A mixture of factorised exponential-family distributions over z, the type of posteriors and biases.
#pragma once

#include <cebm/exponential_family.h>
#include <cebm/random.h>

#include <cstdint>
#include <memory>

namespace cebm {

/// p(z) = sum_l exp(log_weights_l) prod_k p(z_k | natural_lk), batched.
/// Shapes: log_weights [B, L] (normalised), natural [B, L, P, K]; either B may be 1 through broadcasting.
struct LatentDistribution {
  std::shared_ptr<const ExponentialFamily> family;
  torch::Tensor log_weights;
  torch::Tensor natural;

  /// Probability of each component, [B, L]; for a posterior these are the responsibilities p(y = l | x).
  torch::Tensor responsibilities() const;
  /// Index of the most probable component, [B].
  torch::Tensor most_responsible() const;
  /// Mean and variance of the most probable component, [B, K].
  torch::Tensor component_mean() const;
  torch::Tensor component_variance() const;
  /// Mean and variance of the whole mixture, [B, K].
  torch::Tensor mean() const;
  torch::Tensor variance() const;
  /// Component `index` alone. Throws std::invalid_argument if there is none.
  LatentDistribution component(std::int64_t index) const;
  /// The mixture with its batch expanded to `rows` rows (B must be 1 or rows).
  LatentDistribution expand(std::int64_t rows) const;
  std::int64_t components() const { return log_weights.size(1); }
  /// log p(z), z [..., B, K] -> [..., B].
  torch::Tensor log_prob(const torch::Tensor& z) const;
  /// One draw for each row, [B, K]; row b uses chain `first_chain` + b of `key`.
  torch::Tensor sample(RandomKey key, std::uint32_t first_chain = 0) const;
  /// One draw for each entry of `chains` (int64 [n] on the parameters' device), [n, K]; row b uses chain chains[b].
  /// B must be n, or 1: then all are draws from the same distribution. Throws std::invalid_argument otherwise.
  torch::Tensor sample(RandomKey key, const torch::Tensor& chains) const;
};

/// KL(q || p) in closed form for distributions of one component each and of one family: [B].
/// Throws std::invalid_argument for mixtures.
torch::Tensor kl_divergence(const LatentDistribution& q, const LatentDistribution& p);

}  // namespace cebm
