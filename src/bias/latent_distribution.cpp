#include <cebm/families.h>
#include <cebm/latent_distribution.h>

#include <algorithm>
#include <numbers>
#include <stdexcept>
#include <string>

namespace cebm {

namespace {

/// Picks entry index[b] of dimension 1: [B, L, P, K], [B] -> [B, P, K]; either B may be 1. Each row picks once, so that
/// the gradient needs no sums, whose order on a GPU would vary.
torch::Tensor pick(const torch::Tensor& values, const torch::Tensor& index) {
  const std::int64_t rows = std::max(values.size(0), index.size(0));
  const torch::Tensor chosen = index.reshape({-1, 1, 1, 1}).expand({rows, 1, values.size(2), values.size(3)});
  return values.expand({rows, -1, -1, -1}).gather(1, chosen).squeeze(1);
}

}  // namespace

torch::Tensor LatentDistribution::responsibilities() const { return log_weights.exp(); }

torch::Tensor LatentDistribution::most_responsible() const { return log_weights.argmax(1); }

torch::Tensor LatentDistribution::component_mean() const { return family->mean(pick(natural, most_responsible())); }

torch::Tensor LatentDistribution::component_variance() const {
  return family->variance(pick(natural, most_responsible()));
}

torch::Tensor LatentDistribution::mean() const {
  return (responsibilities().unsqueeze(-1) * family->mean(natural)).sum(1);
}

torch::Tensor LatentDistribution::variance() const {
  const torch::Tensor weights = responsibilities().unsqueeze(-1);
  const torch::Tensor means = family->mean(natural);
  const torch::Tensor spread = (means - mean().unsqueeze(1)).square();
  return (weights * (family->variance(natural) + spread)).sum(1);
}

LatentDistribution LatentDistribution::component(std::int64_t index) const {
  if (index < 0 || index >= components()) {
    throw std::invalid_argument("component " + std::to_string(index) + ": expected 0 .. " +
                                std::to_string(components() - 1));
  }
  return {family, torch::zeros_like(log_weights.narrow(1, index, 1)), natural.narrow(1, index, 1)};
}

LatentDistribution LatentDistribution::expand(std::int64_t rows) const {
  return {family, log_weights.expand({rows, -1}), natural.expand({rows, -1, -1, -1})};
}

torch::Tensor LatentDistribution::log_prob(const torch::Tensor& z) const {
  const torch::Tensor log_density = family->log_prob(natural, z.unsqueeze(-2)).sum(-1);
  return torch::logsumexp(log_weights + log_density, -1);
}

torch::Tensor LatentDistribution::sample(RandomKey key, std::uint32_t first_chain) const {
  const std::int64_t first = first_chain;
  const auto ids = torch::TensorOptions(torch::kInt64).device(natural.device());
  return sample(key, torch::arange(first, first + std::max(natural.size(0), log_weights.size(0)), ids));
}

torch::Tensor LatentDistribution::sample(RandomKey key, const torch::Tensor& chains) const {
  const std::int64_t rows = std::max(natural.size(0), log_weights.size(0));
  if (rows != 1 && rows != chains.size(0)) {
    throw std::invalid_argument("sample: expected one chain for each of " + std::to_string(rows) +
                                " distributions, found " + std::to_string(chains.size(0)));
  }
  const Draws draws(key, chains, natural.options());
  const std::int64_t dims = natural.size(-1);
  // One additional normal per row, mapped to a uniform number, chooses the component.
  const torch::Tensor chooses = draws.normal(0, dims + 1).narrow(1, dims, 1);
  const torch::Tensor unit = 0.5 * torch::erfc(chooses * (-1.0 / std::numbers::sqrt2));
  const torch::Tensor below = responsibilities().cumsum(1) < unit;
  const torch::Tensor component = below.sum(1).clamp_max(log_weights.size(1) - 1).expand({chains.size(0)});
  return family->sample(pick(natural, component), draws);
}

torch::Tensor kl_divergence(const LatentDistribution& q, const LatentDistribution& p) {
  if (q.components() != 1 || p.components() != 1 || q.family->name() != p.family->name()) {
    throw std::invalid_argument("kl_divergence: expected two distributions of one component and one family, found " +
                                std::to_string(q.components()) + " of " + q.family->name() + " and " +
                                std::to_string(p.components()) + " of " + p.family->name());
  }
  return q.family->kl_divergence(q.natural.squeeze(1), p.natural.squeeze(1)).sum(-1);
}

}  // namespace cebm
