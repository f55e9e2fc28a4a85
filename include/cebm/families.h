/// The built-in exponential families, from which conjugate biases are made.
///
/// For each: eta(z), the natural parameters, h(z), A and its gradient, and the unconstrained parameters that a
/// learnable bias optimises, for which zero is a sensible start. In brackets: the known model that a conjugate EBM with
/// such a bias becomes, for one factor and a particular form of t(x).
#pragma once

#include <cebm/exponential_family.h>
#include <cebm/registry.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cebm {

/// Normal distribution, eta(z) = (z, z^2), lambda = (mu / sigma^2, -1 / (2 sigma^2)), lambda_2 < 0,
/// h(z) = 1 / sqrt(2 pi).
///   A(lambda) = -lambda_1^2 / (4 lambda_2) - 1/2 log(-2 lambda_2)          (paper, Appendix A, Eq. 11; the paper
/// drops the constant inside the logarithm; with it A(0, -1/2) = 0).
///   m(lambda) = (mu, mu^2 + sigma^2).
/// Unconstrained parameters: (mu, log sigma). Draws are differentiable. [CEBM]
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
  torch::Tensor sample(const torch::Tensor& natural, const Draws& draws) const override;
  torch::Tensor natural_from_unconstrained(const torch::Tensor& parameters) const override;
  /// mu + sigma * noise: [..., P, K], [..., K] -> [..., K].
  torch::Tensor from_noise(const torch::Tensor& natural, const torch::Tensor& noise) const;
};

/// Normal distribution of variance 1, eta(z) = z, lambda = mu, h(z) = N(z; 0, 1), A(lambda) = lambda^2 / 2, m = lambda.
/// Unconstrained: mu. Draws are differentiable. [Exponential family harmonium with Gaussian latents, Welling et al.
/// 2004]
class UnitGaussianFamily final : public ExponentialFamily {
 public:
  std::string name() const override;
  std::vector<Domain> domain() const override;
  torch::Tensor sufficient_statistics(const torch::Tensor& z) const override;
  torch::Tensor log_partition(const torch::Tensor& natural) const override;
  torch::Tensor mean_parameters(const torch::Tensor& natural) const override;
  torch::Tensor log_base_measure(const torch::Tensor& z) const override;
  torch::Tensor mean(const torch::Tensor& natural) const override;
  torch::Tensor variance(const torch::Tensor& natural) const override;
  torch::Tensor sample(const torch::Tensor& natural, const Draws& draws) const override;
  torch::Tensor natural_from_unconstrained(const torch::Tensor& parameters) const override;
};

/// z in {0, 1}, eta(z) = z, lambda = logit p, h = 1, A(lambda) = log(1 + e^lambda), m = p.
/// Unconstrained: lambda. [Affine t: restricted Boltzmann machine; Ngiam et al. 2011]
class BernoulliFamily final : public ExponentialFamily {
 public:
  std::string name() const override;
  std::vector<Domain> domain() const override;
  torch::Tensor sufficient_statistics(const torch::Tensor& z) const override;
  torch::Tensor log_partition(const torch::Tensor& natural) const override;
  torch::Tensor mean_parameters(const torch::Tensor& natural) const override;
  torch::Tensor log_base_measure(const torch::Tensor& z) const override;
  torch::Tensor mean(const torch::Tensor& natural) const override;
  torch::Tensor variance(const torch::Tensor& natural) const override;
  torch::Tensor sample(const torch::Tensor& natural, const Draws& draws) const override;
  torch::Tensor natural_from_unconstrained(const torch::Tensor& parameters) const override;
};

/// F independent categorical variables of C = K / F classes, z one-hot in each block of C dimensions, eta(z) = z,
/// h = 1, A(lambda) = logsumexp(lambda) and m = softmax(lambda) of each block. Unconstrained: lambda.
/// Labelled if F = 1. [JEM, Grathwohl et al. 2020]
class CategoricalFamily : public ExponentialFamily {
 public:
  /// `classes`: C. K must be a multiple of it.
  explicit CategoricalFamily(std::int64_t classes) : size_(classes) {}
  std::string name() const override;
  std::vector<Domain> domain() const override;
  torch::Tensor sufficient_statistics(const torch::Tensor& z) const override;
  torch::Tensor log_partition(const torch::Tensor& natural) const override;
  torch::Tensor mean_parameters(const torch::Tensor& natural) const override;
  torch::Tensor log_base_measure(const torch::Tensor& z) const override;
  torch::Tensor mean(const torch::Tensor& natural) const override;
  torch::Tensor variance(const torch::Tensor& natural) const override;
  torch::Tensor sample(const torch::Tensor& natural, const Draws& draws) const override;
  torch::Tensor natural_from_unconstrained(const torch::Tensor& parameters) const override;

 protected:
  std::int64_t size_;
};

/// One categorical variable of K = C classes, whose classes are labels.
class ClassFamily final : public CategoricalFamily, public LabelledFamily {
 public:
  using CategoricalFamily::CategoricalFamily;
  std::int64_t classes() const override { return size_; }
  torch::Tensor log_partition_of_class(const torch::Tensor& natural, const torch::Tensor& y) const override;
  torch::Tensor mean_parameters_of_class(const torch::Tensor& natural, const torch::Tensor& y) const override;
};

/// z > 0, eta(z) = (log z, z), lambda = (shape - 1, -rate), lambda_1 > -1, lambda_2 < 0, h = 1,
///   A(lambda) = log Gamma(lambda_1 + 1) - (lambda_1 + 1) log(-lambda_2),
///   m(lambda) = (digamma(lambda_1 + 1) - log(-lambda_2), -(lambda_1 + 1) / lambda_2).
/// Unconstrained: (log shape, log rate). [t = (0, -y^2 / 2) with y = w^T x: product of Student-t experts, Welling et
/// al. 2003]
class GammaFamily final : public ExponentialFamily {
 public:
  std::string name() const override;
  std::vector<Domain> domain() const override;
  torch::Tensor sufficient_statistics(const torch::Tensor& z) const override;
  torch::Tensor log_partition(const torch::Tensor& natural) const override;
  torch::Tensor mean_parameters(const torch::Tensor& natural) const override;
  torch::Tensor log_base_measure(const torch::Tensor& z) const override;
  torch::Tensor mean(const torch::Tensor& natural) const override;
  torch::Tensor variance(const torch::Tensor& natural) const override;
  torch::Tensor sample(const torch::Tensor& natural, const Draws& draws) const override;
  torch::Tensor natural_from_unconstrained(const torch::Tensor& parameters) const override;
};

/// z = 0 with probability 1 - g, else N(mu, sigma^2): eta(z) = (1, z, z^2) where z != 0 and 0 at z = 0,
/// lambda = (logit g - A_N, mu / sigma^2, -1 / (2 sigma^2)) with A_N the Gaussian's A, h = 1 at zero and 1 / sqrt(2 pi)
/// elsewhere,
///   A(lambda) = log(1 + exp{lambda_1 + A_N(lambda_2, lambda_3)}),    m(lambda) = g (1, mu, mu^2 + sigma^2).
/// Unconstrained: (logit g, mu, log sigma). [Spike-and-slab RBM, Courville et al. 2011]
class SpikeAndSlabFamily final : public ExponentialFamily {
 public:
  std::string name() const override;
  std::vector<Domain> domain() const override;
  torch::Tensor sufficient_statistics(const torch::Tensor& z) const override;
  torch::Tensor log_partition(const torch::Tensor& natural) const override;
  torch::Tensor mean_parameters(const torch::Tensor& natural) const override;
  torch::Tensor log_base_measure(const torch::Tensor& z) const override;
  torch::Tensor mean(const torch::Tensor& natural) const override;
  torch::Tensor variance(const torch::Tensor& natural) const override;
  torch::Tensor sample(const torch::Tensor& natural, const Draws& draws) const override;
  torch::Tensor natural_from_unconstrained(const torch::Tensor& parameters) const override;
};

/// F independent directions in D = K / F >= 2 dimensions, |z| = 1 in each block of D, eta(z) = z,
/// lambda = kappa mu with |mu| = 1, h the uniform distribution of the sphere,
///   A(lambda) = log { Gamma(D/2) (2 / kappa)^nu I_nu(kappa) },  nu = D/2 - 1,  kappa = |lambda|,
///   m(lambda) = I_{nu+1}(kappa) / I_nu(kappa) mu                            (Mardia and Jupp 2000, Section 9.3.2).
/// With D = 2 it is the von Mises distribution of an angle; the code is then a point of the unit disc, not an angle.
/// Unconstrained: lambda.
class VonMisesFisherFamily final : public ExponentialFamily {
 public:
  /// `size`: D. K must be a multiple of it.
  explicit VonMisesFisherFamily(std::int64_t size) : size_(size) {}
  std::string name() const override;
  std::vector<Domain> domain() const override;
  torch::Tensor sufficient_statistics(const torch::Tensor& z) const override;
  torch::Tensor log_partition(const torch::Tensor& natural) const override;
  torch::Tensor mean_parameters(const torch::Tensor& natural) const override;
  torch::Tensor log_base_measure(const torch::Tensor& z) const override;
  torch::Tensor mean(const torch::Tensor& natural) const override;
  torch::Tensor variance(const torch::Tensor& natural) const override;
  /// By Wood (1994): rejection sampling of the angle to mu.
  torch::Tensor sample(const torch::Tensor& natural, const Draws& draws) const override;
  torch::Tensor natural_from_unconstrained(const torch::Tensor& parameters) const override;

 private:
  std::int64_t size_;
};

/// F independent distributions over C = K / F shares that add up to one, eta(z) = log z, lambda = alpha - 1 > -1, h =
/// 1,
///   A(lambda) = sum_c log Gamma(alpha_c) - log Gamma(sum_c alpha_c),
///   m(lambda) = digamma(alpha) - digamma(sum_c alpha_c)                                      of each block.
/// t >= 0 is evidence for each share. Unconstrained: log alpha. [Prior networks, Malinin and Gales 2018]
class DirichletFamily final : public ExponentialFamily {
 public:
  /// `size`: C >= 2. K must be a multiple of it.
  explicit DirichletFamily(std::int64_t size) : size_(size) {}
  std::string name() const override;
  std::vector<Domain> domain() const override;
  torch::Tensor sufficient_statistics(const torch::Tensor& z) const override;
  torch::Tensor log_partition(const torch::Tensor& natural) const override;
  torch::Tensor mean_parameters(const torch::Tensor& natural) const override;
  torch::Tensor log_base_measure(const torch::Tensor& z) const override;
  torch::Tensor mean(const torch::Tensor& natural) const override;
  torch::Tensor variance(const torch::Tensor& natural) const override;
  torch::Tensor sample(const torch::Tensor& natural, const Draws& draws) const override;
  torch::Tensor natural_from_unconstrained(const torch::Tensor& parameters) const override;

 private:
  std::int64_t size_;
};

/// A Markov chain of T = K / S steps through S states, z one-hot in each block of S dimensions, eta(z) = z; the chain's
/// own probabilities are the base measure, h(z) = p(z_1) prod_tau p(z_tau | z_{tau-1}), so that lambda + t(x) is the
/// evidence for each state at each step: a hidden Markov model whose emission scores come from a network.
///   A(lambda) = log sum_z h(z) exp{lambda^T z}       by the forward algorithm, O(T S^2)   (Rabiner 1989, Section III),
///   m(lambda) = p(z_tau = s)                         by the forward and backward algorithms.
/// One factor. Unconstrained: lambda. The first state is uniform; the transitions are tensors of the bias.
class MarkovChainFamily final : public ExponentialFamily {
 public:
  /// `transitions` [S, S]: their logits, softmax over the last dimension is p(next | state).
  explicit MarkovChainFamily(torch::Tensor transitions) : transitions_(std::move(transitions)) {}
  std::string name() const override;
  std::vector<Domain> domain() const override;
  torch::Tensor sufficient_statistics(const torch::Tensor& z) const override;
  torch::Tensor log_partition(const torch::Tensor& natural) const override;
  torch::Tensor mean_parameters(const torch::Tensor& natural) const override;
  torch::Tensor log_base_measure(const torch::Tensor& z) const override;
  torch::Tensor mean(const torch::Tensor& natural) const override;
  torch::Tensor variance(const torch::Tensor& natural) const override;
  torch::Tensor sample(const torch::Tensor& natural, const Draws& draws) const override;
  torch::Tensor natural_from_unconstrained(const torch::Tensor& parameters) const override;
  std::vector<std::pair<std::string, torch::Tensor>> parameters() const override;

 private:
  std::int64_t states() const { return transitions_.size(0); }
  /// log p(next | state) in the type of `natural`.
  torch::Tensor log_transitions(const torch::Tensor& natural) const;
  /// Forward messages, T of [..., S]: the log of the total weight of all z_1 .. z_tau that end in each state.
  std::vector<torch::Tensor> forward(const torch::Tensor& evidence) const;

  torch::Tensor transitions_;
};

/// Product of independent parts, each of its own family; z and eta(z) are those of the parts, concatenated. It has
/// P = sum_i P_i K_i statistics, part by part, and K = 1; A is the sum of the parts', and F = 1.
class ProductFamily : public ExponentialFamily {
 public:
  struct Part {
    std::shared_ptr<const ExponentialFamily> family;
    std::int64_t dims = 1;  ///< K_i
  };

  explicit ProductFamily(std::vector<Part> parts) : parts_(std::move(parts)) {}
  std::string name() const override;
  std::vector<Domain> domain() const override;
  std::int64_t latent_dim(std::int64_t dims) const override;
  torch::Tensor sufficient_statistics(const torch::Tensor& z) const override;
  torch::Tensor log_partition(const torch::Tensor& natural) const override;
  torch::Tensor mean_parameters(const torch::Tensor& natural) const override;
  torch::Tensor log_base_measure(const torch::Tensor& z) const override;
  torch::Tensor mean(const torch::Tensor& natural) const override;
  torch::Tensor variance(const torch::Tensor& natural) const override;
  torch::Tensor sample(const torch::Tensor& natural, const Draws& draws) const override;
  torch::Tensor natural_from_unconstrained(const torch::Tensor& parameters) const override;
  std::vector<std::pair<std::string, torch::Tensor>> parameters() const override;

  /// Concatenates tensors [..., P_i, K_i] of the parts to the product's [..., P, 1].
  static torch::Tensor join(const std::vector<torch::Tensor>& of_parts);

 protected:
  /// Natural parameters, or a tensor of their shape, by part: [..., P, 1] -> [..., P_i, K_i].
  std::vector<torch::Tensor> split(const torch::Tensor& natural) const;
  std::vector<torch::Tensor> split_codes(const torch::Tensor& z) const;
  const std::vector<Part>& parts() const { return parts_; }

 private:
  std::vector<Part> parts_;
};

/// A product whose first part is a LabelledFamily: class and style.
class LabelledProductFamily final : public ProductFamily, public LabelledFamily {
 public:
  /// Throws std::invalid_argument if the first part has no classes.
  explicit LabelledProductFamily(std::vector<Part> parts);
  std::int64_t classes() const override { return label_->classes(); }
  torch::Tensor log_partition_of_class(const torch::Tensor& natural, const torch::Tensor& y) const override;
  torch::Tensor mean_parameters_of_class(const torch::Tensor& natural, const torch::Tensor& y) const override;

 private:
  const LabelledFamily* label_;
};

/// A LabelledProductFamily where the first part has classes, otherwise a ProductFamily.
std::shared_ptr<const ExponentialFamily> product_of(std::vector<ProductFamily::Part> parts);

/// A family and the initial unconstrained parameters, [P, K], of a bias.
struct FamilyStart {
  std::shared_ptr<const ExponentialFamily> family;
  torch::Tensor parameters;
};

struct FamilyContext {
  std::int64_t latent_dim = 128;
};

using FamilyEntry = Entry<FamilyStart, FamilyContext>;

/// The rows: each serves as a bias of the same name, as the components of a mixture, and as a part of a product.
Registry<FamilyEntry> built_in_families();
template <>
const Registry<FamilyEntry>& registry_of(const Catalog& catalog);

struct UnitGaussianStart final : Options {
  double mean = 0.0;
  void fields(Fields& visit) override;
};

/// N(0, scale^2).
struct GaussianStart final : Options {
  double scale = 1.0;
  void fields(Fields& visit) override;
};

struct BernoulliStart final : Options {
  double probability = 0.5;
  void fields(Fields& visit) override;
};

/// `groups` uniform variables of K / groups classes each.
struct CategoricalStart final : Options {
  std::int64_t groups = 1;
  void fields(Fields& visit) override;
};

struct GammaStart final : Options {
  double shape = 1.0;
  double rate = 1.0;
  void fields(Fields& visit) override;
};

struct SpikeAndSlabStart final : Options {
  double probability = 0.5;
  double scale = 1.0;
  void fields(Fields& visit) override;
};

/// The uniform distribution over directions.
struct VonMisesFisherStart final : Options {
  std::int64_t groups = 1;
  void fields(Fields& visit) override;
};

struct DirichletStart final : Options {
  std::int64_t groups = 1;
  double concentration = 1.0;
  void fields(Fields& visit) override;
};

struct MarkovChainStart final : Options {
  std::int64_t states = 10;
  double stay = 0.9;
  void fields(Fields& visit) override;
};

}  // namespace cebm
