/// Exponential families p(z | lambda) = h(z) exp{ lambda^T eta(z) - A(lambda) }.
///
/// Most are families of one scalar z for each latent dimension: natural parameters, sufficient statistics and mean
/// parameters are [..., P, K] with P statistics per dimension and K dimensions, and each dimension is independent. In
/// others several dimensions belong together (the classes of a categorical variable, a direction in space): only F
/// groups of them, the factors, are independent, and results per factor are [..., F]. For scalar families F = K.
///
/// All functions are differentiable unless they say otherwise, work in the type and on the device of their argument,
/// and keep no state. The built-in families: families.h.
#pragma once

#include <cebm/draws.h>
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cebm {

/// What may be added to a natural parameter without leaving the domain where A is finite: anything, or only numbers
/// that are not positive, or not negative.
enum class Domain { real, negative, positive };

class ExponentialFamily {
 public:
  virtual ~ExponentialFamily() = default;

  virtual std::string name() const = 0;
  /// One entry per statistic; its size is P.
  virtual std::vector<Domain> domain() const = 0;
  std::int64_t statistics() const { return static_cast<std::int64_t>(domain().size()); }
  /// Z, the size of z for natural parameters of K = `dims` dimensions; by default K.
  virtual std::int64_t latent_dim(std::int64_t dims) const { return dims; }

  /// eta(z): [..., Z] -> [..., P, K].
  virtual torch::Tensor sufficient_statistics(const torch::Tensor& z) const = 0;
  /// A(lambda): [..., P, K] -> [..., F].
  virtual torch::Tensor log_partition(const torch::Tensor& natural) const = 0;
  /// m(lambda) = grad A(lambda) = E[eta(z)]: [..., P, K] -> [..., P, K].
  virtual torch::Tensor mean_parameters(const torch::Tensor& natural) const = 0;
  /// log h(z): [..., Z] -> [..., F].
  virtual torch::Tensor log_base_measure(const torch::Tensor& z) const = 0;

  /// log p(z | lambda): [..., P, K], [..., Z] -> [..., F], by default lambda^T eta(z) - A(lambda) + log h(z). Families
  /// in which these terms are large and cancel override it.
  virtual torch::Tensor log_prob(const torch::Tensor& natural, const torch::Tensor& z) const;
  /// KL(p(. | q) || p(. | p)) of two members: [..., P, K] twice -> [..., F], by default the Bregman divergence
  ///   (q - p)^T m(q) - A(q) + A(p).
  virtual torch::Tensor kl_divergence(const torch::Tensor& q, const torch::Tensor& p) const;

  /// E[z] and Var[z] of each number: [..., P, K] -> [..., Z].
  virtual torch::Tensor mean(const torch::Tensor& natural) const = 0;
  virtual torch::Tensor variance(const torch::Tensor& natural) const = 0;
  /// A draw for each row: [n, P, K] -> [n, Z]. Only families that say so are differentiable here.
  virtual torch::Tensor sample(const torch::Tensor& natural, const Draws& draws) const = 0;

  /// Natural parameters from unconstrained ones, [..., P, K] -> [..., P, K]; this is what a learnable bias optimises.
  virtual torch::Tensor natural_from_unconstrained(const torch::Tensor& parameters) const = 0;
  /// Tensors besides lambda that A depends on, by name; trained with lambda, and saved with it.
  virtual std::vector<std::pair<std::string, torch::Tensor>> parameters() const { return {}; }
};

/// (lambda^T eta), summed over the statistics and within each of `factors` factors: [..., P, K] -> [..., F].
torch::Tensor sum_by_factor(const torch::Tensor& products, std::int64_t factors);

/// Families with a factor that assigns z to one of C classes: with a bias of such a family a conjugate EBM is a
/// classifier (paper, Section 2.2; JEM, Grathwohl et al. 2020).
class LabelledFamily {
 public:
  virtual ~LabelledFamily() = default;
  /// Number of classes, C.
  virtual std::int64_t classes() const = 0;
  /// log of the integral of h(z) exp{lambda^T eta(z)} over all z of class y: [..., P, K], int64 [...] -> [...], leading
  /// dimensions broadcast. The sum over y of its exponentials is exp{A(lambda)}. Differentiable.
  virtual torch::Tensor log_partition_of_class(const torch::Tensor& natural, const torch::Tensor& y) const = 0;
  /// Its gradient with respect to lambda: [..., P, K].
  virtual torch::Tensor mean_parameters_of_class(const torch::Tensor& natural, const torch::Tensor& y) const = 0;
};

}  // namespace cebm
