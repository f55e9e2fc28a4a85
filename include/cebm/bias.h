/// Conjugate biases b(z): what the energy of a latent-variable EBM assumes about z before it sees x.
///
/// With statistics t(x) the joint energy is E(x, z) = -(lambda + t(x))^T eta(z) + A(lambda) (paper, Eq. 7), so the
/// posterior is the bias's own family at lambda + t(x), and
///   log p(x) + log Z = A(lambda + t(x)) - A(lambda)                           (Eq. 9).
/// Statistics have the shape [B, S, P, K]: S sets (1, or one per component), P statistics of each of K dimensions.
#pragma once

#include <cebm/families.h>
#include <cebm/latent_distribution.h>
#include <cebm/registry.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace cebm {

/// A mixture as plain tensors, for engines that evaluate it with their own loops.
struct MixtureForm {
  std::shared_ptr<const ExponentialFamily> family;
  torch::Tensor natural;       ///< lambda, [L, P, K]
  bool per_component = false;  ///< one set of statistics for each component instead of a shared one
  torch::Tensor log_weights;   ///< [L]
};

class ConjugateBias : public torch::nn::Module {
 public:
  /// How many numbers z has.
  virtual std::int64_t latent_dim() const = 0;
  /// K, the number of dimensions of the statistics; by default latent_dim().
  virtual std::int64_t statistic_dims() const { return latent_dim(); }
  /// S, the number of sets of statistics that the encoder must output.
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

  /// The mixture behind log_partition_difference, with its present parameters; empty if it is no mixture of one family.
  virtual std::optional<MixtureForm> form() const { return std::nullopt; }
};

/// Biases that can be evaluated at a given z. Without a JointBias a model has no p(x | z) to sample from.
class JointBias {
 public:
  virtual ~JointBias() = default;
  /// log p(x, z) + log Z without the base measure: [B, S, P, K] and z [B, K] -> [B]; either B may be 1.
  /// (lambda + t)^T eta(z) - A(lambda) (paper, Eq. 7); in a mixture with the component summed out. Differentiable.
  /// With the base measure h(z) its exponential integrates over z to exp{log_partition_difference(t)}.
  virtual torch::Tensor log_joint(const torch::Tensor& statistics, const torch::Tensor& z) const = 0;
  /// Its gradient with respect to the statistics, in closed form: [B, S, P, K] and z [B, K] -> [B, S, P, K].
  virtual torch::Tensor joint_gradient(const torch::Tensor& statistics, const torch::Tensor& z) const = 0;
};

/// Biases with components y = 0 .. L - 1. Without a ComponentBias a model has no p(x | y).
class ComponentBias {
 public:
  virtual ~ComponentBias() = default;
  /// Number of components, L.
  virtual std::int64_t components() const = 0;
  /// log p(x, y) + log Z, z integrated out: [B, S, P, K] and y (int64 [B]) -> [B]; either B may be 1. Differentiable.
  /// The sum over y of its exponentials is exp{log_partition_difference(t)}.
  virtual torch::Tensor log_component(const torch::Tensor& statistics, const torch::Tensor& y) const = 0;
  /// Its gradient with respect to the statistics, in closed form: [B, S, P, K] and y [B] -> [B, S, P, K].
  virtual torch::Tensor component_gradient(const torch::Tensor& statistics, const torch::Tensor& y) const = 0;
};

struct BiasContext {
  std::int64_t latent_dim = 128;
  std::uint64_t seed = 1;
};

using BiasEntry = Entry<ConjugateBias, BiasContext>;

/// Mixture of L members of one exponential family; L = 1 is the single bias. With equal weights pi_l = 1 / L
///   log p(x) + log Z = logsumexp_l { log pi_l + sum_k A(lambda_lk + t_lk) - A(lambda_lk) }   (paper, Eq. 12)
/// The parameters [L, P, K] are unconstrained ones of the family (Gaussian: mu, log sigma). They are part of the
/// saved state whether or not they are trained, and so are the family's own tensors.
///
/// Given z:      log p(x, z) + log Z - log h(z) = logsumexp_l { log pi_l + sum_k (lambda_lk + t_lk)^T eta(z_k) -
///               A(lambda_lk) }; its gradient with respect to t_l is r_l eta(z) with r_l = p(y = l | x, z); with
///               respect to a shared t it is eta(z) itself.
/// Given y = l:  log p(x, y) + log Z = log pi_l + sum_k { A(lambda_lk + t_lk) - A(lambda_lk) } (paper, Appendix A.2);
///               its gradient is m(lambda_l + t_l) for the set of component l and zero for the others.
class MixtureBias final : public ConjugateBias, public JointBias, public ComponentBias {
 public:
  /// `parameters` [L, P, K]; per_component asks for one set of statistics per component instead of a shared one.
  /// `weights` [L]: logits of trained weights pi, whether or not the components are trained; undefined: equal weights.
  /// Throws std::invalid_argument on a wrong shape.
  MixtureBias(std::shared_ptr<const ExponentialFamily> family, torch::Tensor parameters, bool learnable,
              bool per_component, torch::Tensor weights = {});

  std::int64_t latent_dim() const override;
  std::int64_t statistic_dims() const override { return parameters_.size(2); }
  std::int64_t statistic_sets() const override;
  std::vector<Domain> domain() const override;
  torch::Tensor log_partition_difference(const torch::Tensor& statistics) const override;
  torch::Tensor mean_parameters(const torch::Tensor& statistics) const override;
  LatentDistribution posterior(const torch::Tensor& statistics) const override;
  LatentDistribution distribution() const override;
  torch::Tensor log_joint(const torch::Tensor& statistics, const torch::Tensor& z) const override;
  torch::Tensor joint_gradient(const torch::Tensor& statistics, const torch::Tensor& z) const override;
  std::int64_t components() const override { return parameters_.size(0); }
  torch::Tensor log_component(const torch::Tensor& statistics, const torch::Tensor& y) const override;
  torch::Tensor component_gradient(const torch::Tensor& statistics, const torch::Tensor& y) const override;
  std::optional<MixtureForm> form() const override;

  /// lambda, [L, P, K].
  torch::Tensor natural() const;
  /// log pi, [L].
  torch::Tensor log_weights() const;
  const ExponentialFamily& family() const { return *family_; }

 private:
  /// Scores [B, L] of the components, plus log pi unless the weights are equal.
  torch::Tensor weighted(const torch::Tensor& scores) const;
  /// logsumexp_l { log pi_l + score_l }: [B, L] -> [B].
  torch::Tensor log_sum(const torch::Tensor& scores) const;
  torch::Tensor component_scores(const torch::Tensor& posterior_natural) const;
  /// What log_joint sums over the components: [B, L].
  torch::Tensor joint_scores(const torch::Tensor& statistics, const torch::Tensor& z) const;
  /// lambda_l + t_l of each row's component l = y[b]: [B, P, K].
  torch::Tensor of_component(const torch::Tensor& statistics, const torch::Tensor& y) const;

  std::shared_ptr<const ExponentialFamily> family_;
  torch::Tensor parameters_;
  torch::Tensor weights_;  ///< undefined for equal weights
  bool per_component_;
};

/// A bias of a LabelledFamily, whose components y are the family's classes: p(x, y), and p(y | x) in closed form.
class ClassBias final : public ConjugateBias, public JointBias, public ComponentBias {
 public:
  /// `parameters` [1, P, K], unconstrained. Throws std::invalid_argument on a wrong shape, or if the family has no
  /// classes.
  ClassBias(std::shared_ptr<const ExponentialFamily> family, torch::Tensor parameters, bool learnable);

  std::int64_t latent_dim() const override { return whole_->latent_dim(); }
  std::int64_t statistic_sets() const override { return 1; }
  std::int64_t statistic_dims() const override { return whole_->statistic_dims(); }
  std::vector<Domain> domain() const override { return whole_->domain(); }
  torch::Tensor log_partition_difference(const torch::Tensor& statistics) const override;
  torch::Tensor mean_parameters(const torch::Tensor& statistics) const override;
  LatentDistribution posterior(const torch::Tensor& statistics) const override;
  LatentDistribution distribution() const override;
  torch::Tensor log_joint(const torch::Tensor& statistics, const torch::Tensor& z) const override;
  torch::Tensor joint_gradient(const torch::Tensor& statistics, const torch::Tensor& z) const override;
  std::int64_t components() const override { return labels_->classes(); }
  torch::Tensor log_component(const torch::Tensor& statistics, const torch::Tensor& y) const override;
  torch::Tensor component_gradient(const torch::Tensor& statistics, const torch::Tensor& y) const override;
  std::optional<MixtureForm> form() const override { return whole_->form(); }

 private:
  /// lambda + t, expanded to y's number of rows if it has one row: [B, P, K].
  torch::Tensor posterior_natural(const torch::Tensor& statistics, const torch::Tensor& y) const;

  std::shared_ptr<MixtureBias> whole_;
  const LabelledFamily* labels_;
};

/// The bias of one member of a family: a ClassBias where the family has classes, otherwise a MixtureBias.
std::shared_ptr<ConjugateBias> single_bias(const FamilyStart& start, bool learnable);

/// One t(x) for all components (the authors' code), or a t_l(x) for each (paper, Appendix A).
enum class StatisticSets { shared, per_component };

/// The row gaussian: N(0, 1) in each latent dimension (paper, Eq. 10).
struct GaussianOptions final : Options {
  bool learnable = false;
  void fields(Fields& visit) override;
};

/// The row gaussian_mixture: equal weights (paper, Eq. 12).
struct GaussianMixtureOptions final : Options {
  std::int64_t components = 50;
  bool learnable = true;
  StatisticSets statistics = StatisticSets::shared;
  double mean_std = 1.0;
  double smallest_scale = 1.0;
  double largest_scale = 1.0;
  void fields(Fields& visit) override;
};

/// The row mixture: any family, equal or trained weights.
struct MixtureOptions final : Options {
  explicit MixtureOptions(const Catalog& catalog) : family(catalog, "gaussian") {}
  Choice<FamilyEntry> family;
  std::int64_t components = 10;
  bool learnable = true;
  bool learnable_weights = false;
  StatisticSets statistics = StatisticSets::shared;
  double spread = 1.0;
  void fields(Fields& visit) override;
};

/// The row product: two independent families, for codes of first_dim and latent_dim - first_dim numbers.
struct ProductOptions final : Options {
  explicit ProductOptions(const Catalog& catalog) : first(catalog, "categorical"), second(catalog, "gaussian") {}
  Choice<FamilyEntry> first;
  std::int64_t first_dim = 10;
  Choice<FamilyEntry> second;
  bool learnable = false;
  void fields(Fields& visit) override;
};

/// The row that makes a family a bias by itself: the family's settings, and `learnable`.
struct FamilyBiasOptions final : Options {
  explicit FamilyBiasOptions(std::unique_ptr<Options> family_options) : family(std::move(family_options)) {}
  std::unique_ptr<Options> family;
  bool learnable = false;
  void fields(Fields& visit) override;
};

/// Makes the row of FamilyBiasOptions for a family.
BiasEntry family_bias(const FamilyEntry& family);

Registry<BiasEntry> built_in_biases();
template <>
const Registry<BiasEntry>& registry_of(const Catalog& catalog);

}  // namespace cebm
