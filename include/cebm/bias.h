/// Conjugate biases b(z): what the energy of a latent-variable EBM assumes about z before it sees x.
///
/// With statistics t(x) the joint energy is E(x, z) = -(lambda + t(x))^T eta(z) + A(lambda) (paper, Eq. 7), so the
/// posterior is the bias's own family at lambda + t(x), and
///   log p(x) + log Z = A(lambda + t(x)) - A(lambda)                           (Eq. 9).
/// Statistics have the shape [B, S, P, K]: S sets (1, or one per component), P statistics, K latent dimensions.
#pragma once

#include <cebm/latent_distribution.h>
#include <cebm/registry.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace cebm {

class ConjugateBias : public torch::nn::Module {
 public:
  /// K, the number of latent dimensions.
  virtual std::int64_t latent_dim() const = 0;
  /// S, how many sets of statistics the encoder must give.
  virtual std::int64_t statistic_sets() const = 0;
  /// The values lambda + t(x) may take, per statistic; its size is P.
  virtual std::vector<Domain> domain() const = 0;

  /// log of int exp{t^T eta(z)} p(z | lambda) dz: [B, S, P, K] -> [B]. Zero at t = 0. Differentiable.
  virtual torch::Tensor log_partition_difference(const torch::Tensor& statistics) const = 0;
  /// Its gradient with respect to the statistics, in closed form: the posterior's mean parameters, weighted by the
  /// responsibilities in a mixture: [B, S, P, K] -> [B, S, P, K].
  virtual torch::Tensor mean_parameters(const torch::Tensor& statistics) const = 0;
  /// p(z | x): the bias's family at lambda + t(x).
  virtual LatentDistribution posterior(const torch::Tensor& statistics) const = 0;
  /// p(z | lambda), the bias as a distribution (B = 1).
  virtual LatentDistribution distribution() const = 0;
};

struct BiasContext {
  std::int64_t latent_dim = 128;
  std::uint64_t seed = 1;
};

using BiasEntry = Entry<ConjugateBias, BiasContext>;

/// Mixture of L spherical members of one exponential family with equal weights; L = 1 is the single bias.
///   log p(x) + log Z = logsumexp_l { sum_k A(lambda_lk + t_lk) - A(lambda_lk) } - log L      (paper, Eq. 12)
/// The parameters [L, P, K] are unconstrained ones of the family (Gaussian: mu, log sigma). They are part of the
/// saved state whether or not they are trained.
class MixtureBias final : public ConjugateBias {
 public:
  /// `parameters` [L, P, K]; per_component asks for one set of statistics per component instead of a shared one.
  /// Throws std::invalid_argument on a wrong shape.
  MixtureBias(std::shared_ptr<const ExponentialFamily> family, torch::Tensor parameters, bool learnable,
              bool per_component);

  std::int64_t latent_dim() const override;
  std::int64_t statistic_sets() const override;
  std::vector<Domain> domain() const override;
  torch::Tensor log_partition_difference(const torch::Tensor& statistics) const override;
  torch::Tensor mean_parameters(const torch::Tensor& statistics) const override;
  LatentDistribution posterior(const torch::Tensor& statistics) const override;
  LatentDistribution distribution() const override;

  std::int64_t components() const { return parameters_.size(0); }
  /// lambda, [L, P, K].
  torch::Tensor natural() const;

 private:
  torch::Tensor component_scores(const torch::Tensor& posterior_natural) const;

  std::shared_ptr<const ExponentialFamily> family_;
  torch::Tensor parameters_;
  bool per_component_;
};

Registry<BiasEntry> built_in_biases();

}  // namespace cebm
