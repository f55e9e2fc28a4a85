/// Exponential families p(z | lambda) = h(z) exp{ lambda^T eta(z) - A(lambda) }, one scalar z per latent dimension.
///
/// Shapes: natural parameters, sufficient statistics and mean parameters are [..., P, K] with P statistics per latent
/// dimension and K dimensions; log_partition is per dimension, [..., K]. All functions are differentiable, work in
/// the type and on the device of their argument, and keep no state.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cebm {

/// Values a natural parameter may take and still define a distribution.
enum class Domain { real, negative };

class ExponentialFamily {
 public:
  virtual ~ExponentialFamily() = default;

  virtual std::string name() const = 0;
  /// One entry per statistic; its size is P.
  virtual std::vector<Domain> domain() const = 0;
  std::int64_t statistics() const { return static_cast<std::int64_t>(domain().size()); }

  /// eta(z): [..., K] -> [..., P, K].
  virtual torch::Tensor sufficient_statistics(const torch::Tensor& z) const = 0;
  /// A(lambda): [..., P, K] -> [..., K].
  virtual torch::Tensor log_partition(const torch::Tensor& natural) const = 0;
  /// m(lambda) = grad A(lambda) = E[eta(z)]: [..., P, K] -> [..., P, K].
  virtual torch::Tensor mean_parameters(const torch::Tensor& natural) const = 0;
  /// log h(z): [..., K] -> [..., K].
  virtual torch::Tensor log_base_measure(const torch::Tensor& z) const = 0;

  /// log p(z | lambda): [..., P, K], [..., K] -> [..., K], in general lambda^T eta(z) - A(lambda) + log h(z). Families
  /// where those terms are large and cancel give a form of their own.
  virtual torch::Tensor log_prob(const torch::Tensor& natural, const torch::Tensor& z) const;
  /// KL(p(. | q) || p(. | p)) of two members: [..., P, K] twice -> [..., K], in general the Bregman divergence
  ///   (q - p)^T m(q) - A(q) + A(p).
  virtual torch::Tensor kl_divergence(const torch::Tensor& q, const torch::Tensor& p) const;

  /// E[z] and Var[z]: [..., P, K] -> [..., K].
  virtual torch::Tensor mean(const torch::Tensor& natural) const = 0;
  virtual torch::Tensor variance(const torch::Tensor& natural) const = 0;
  /// z as a differentiable function of standard normal noise of the same shape: [..., P, K], [..., K] -> [..., K].
  virtual torch::Tensor sample(const torch::Tensor& natural, const torch::Tensor& noise) const = 0;

  /// Natural parameters from unconstrained ones, [..., P, K] -> [..., P, K]; this is what a learnable bias optimises.
  virtual torch::Tensor natural_from_unconstrained(const torch::Tensor& parameters) const = 0;
};

/// Normal distribution, eta(z) = (z, z^2), lambda = (mu / sigma^2, -1 / (2 sigma^2)), lambda_2 < 0, h(z) = 1/sqrt(2
/// pi).
///   A(lambda) = -lambda_1^2 / (4 lambda_2) - 1/2 log(-2 lambda_2)          (paper, Appendix A, Eq. 11; the paper
/// drops the constant inside the logarithm; with it A(0, -1/2) = 0).
///   m(lambda) = (mu, mu^2 + sigma^2).
/// Unconstrained parameters: (mu, log sigma).
class GaussianFamily final : public ExponentialFamily {
 public:
  std::string name() const override;
  std::vector<Domain> domain() const override;
  torch::Tensor sufficient_statistics(const torch::Tensor& z) const override;
  torch::Tensor log_partition(const torch::Tensor& natural) const override;
  torch::Tensor mean_parameters(const torch::Tensor& natural) const override;
  torch::Tensor log_base_measure(const torch::Tensor& z) const override;
  /// -(z - mu)^2 / (2 sigma^2) - log sigma - 1/2 log(2 pi): no loss of digits for narrow members far from zero.
  torch::Tensor log_prob(const torch::Tensor& natural, const torch::Tensor& z) const override;
  /// 1/2 { (sigma_q^2 + (mu_q - mu_p)^2) / sigma_p^2 - 1 - log(sigma_q^2 / sigma_p^2) }.
  torch::Tensor kl_divergence(const torch::Tensor& q, const torch::Tensor& p) const override;
  torch::Tensor mean(const torch::Tensor& natural) const override;
  torch::Tensor variance(const torch::Tensor& natural) const override;
  torch::Tensor sample(const torch::Tensor& natural, const torch::Tensor& noise) const override;
  torch::Tensor natural_from_unconstrained(const torch::Tensor& parameters) const override;
};

}  // namespace cebm
