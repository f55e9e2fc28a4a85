/// What a training step minimises, together with the state that lives on between steps.
#pragma once

#include <cebm/augmentation.h>
#include <cebm/batch.h>
#include <cebm/dataset.h>
#include <cebm/losses.h>
#include <cebm/metric.h>
#include <cebm/model.h>
#include <cebm/ranks.h>
#include <cebm/replay_buffer.h>
#include <cebm/sampler.h>
#include <cebm/state.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cebm {

/// Weights with their own optimiser.
struct WeightGroup {
  std::string name;
  std::vector<torch::Tensor> weights;
};

/// The loss of a training, with its state. If several ranks train together, each has its own objective, which receives
/// the whole batch, computes its rank's share of the work, and reports metrics and gradient of the whole batch.
class Objective {
 public:
  virtual ~Objective() = default;
  /// Computes the loss on `batch` at gradient step `step` (from 0) and adds its gradient to the grad() of the model's
  /// parameters; where there are groups, each group's own loss and gradient. May advance chains.
  /// Returns the declared metrics of a step (ObjectiveOptions::metrics), each once.
  virtual StepValues add_gradient(const Batch& batch, std::uint64_t step) = 0;
  /// Players with their own losses: every weight of the model is in one of the groups. Empty: one loss for all weights.
  virtual std::vector<WeightGroup> groups() const { return {}; }
  /// The declared metrics of a row, after gradient step `step`, each once.
  virtual NamedValues measure(std::uint64_t step) const {
    (void)step;
    return {};
  }
  /// Up to `count` images in [-1, 1] that show what the model has learned so far; undefined where there are none.
  virtual torch::Tensor showcase(std::int64_t count) const {
    (void)count;
    return {};
  }
  /// Per-image quantities of the last gradient step, for histograms: names and tensors [n] on the model's device.
  virtual NamedTensors distributions() const { return {}; }
  /// Name of the engine that computes the chains' energies, for people to read; empty if there are no chains.
  virtual std::string engine() const { return {}; }

  /// The state that it carries from step to step, besides the weights.
  virtual void save(State& state) const { (void)state; }
  /// Throws CheckpointError for what is missing or does not fit, but loads the rest of the state all the same: a forced
  /// resume goes on with it.
  virtual void load(const State& state) { (void)state; }
};

struct ObjectiveContext {
  std::shared_ptr<Model> model;
  std::uint64_t seed = 1;
  torch::Device device = torch::kCPU;
  std::uint64_t steps = 1;  ///< of the whole training, for schedules
  std::int64_t batch_size = 1;
  std::shared_ptr<const Dataset> data = {};  ///< the training images; null where a configuration is only checked
  std::shared_ptr<Ranks> ranks = single_rank();
};

/// The images of a set for chains to start from, in [-1, 1] on the device; none without a set.
StartImages start_images(const std::shared_ptr<const Dataset>& data, torch::Device device);

/// Settings and metrics of an objective; base of every objective's options.
struct ObjectiveOptions : Options {
  /// Visits its settings that stand beside `objective` in a configuration: the sampler that moves its chains, the
  /// buffer that keeps them.
  virtual void sections(Fields& visit) { (void)visit; }
  /// All metrics of the objective and its sampler, in the order of metrics.csv's columns.
  virtual std::vector<Metric> metrics() const { return {}; }
  /// The sampler among its settings, which also draws from the trained energy; null if there is none.
  virtual Choice<SamplerEntry>* sampler() { return nullptr; }
  /// The buffer among its settings that keeps that sampler's chains; null if there is none.
  virtual const BufferOptions* kept_chains() const { return nullptr; }
  /// The saved state of buffer and sampler within `objective`, the state of this one (a sum's contains its terms').
  virtual State state_of_chains(const State& objective) const { return objective; }
  /// Whether it reads the batch's labels, and whether it reads the noisy images.
  virtual bool uses_labels() const { return false; }
  virtual bool uses_data_noise() const { return true; }
  bool has_sampler() const { return const_cast<ObjectiveOptions*>(this)->sampler() != nullptr; }
};

struct ObjectiveEntry : Entry<Objective, const ObjectiveContext&> {
  using OptionsBase = ObjectiveOptions;
  /// Whether it may be a term of a sum: one loss for all weights, and no sum itself.
  bool is_term = true;
};

/// Persistent contrastive divergence (paper, Algorithm 1). The contrast's defaults are the paper's; the other forms and
/// augmentations are recipes of later work (docs/methods/objectives.md).
struct PcdOptions final : ObjectiveOptions {
  explicit PcdOptions(const Catalog& catalog);
  ContrastForm contrast{.energy_l2 = 0.005};    ///< paper: 0.1, which bounds the gap at 10
  AugmentationOptions data_augmentation{0.0};   ///< of the images whose likelihood is learned
  AugmentationOptions chain_augmentation{0.0};  ///< of the chains before they move (Du et al. 2021)
  Choice<SamplerEntry> chains;                  ///< `sampler` in a configuration
  BufferOptions buffer;
  void fields(Fields& visit) override;
  void sections(Fields& visit) override;
  std::vector<Metric> metrics() const override;
  Choice<SamplerEntry>* sampler() override { return &chains; }
  const BufferOptions* kept_chains() const override { return &buffer; }
};

/// Throws ConfigError if the model has no energy, or the buffer is smaller than a batch.
std::shared_ptr<Objective> make_pcd(const PcdOptions& options, const ObjectiveContext& context);

/// The conjugate contrastive objective: two views x, x' of an image share their code z, so that
///   log p(x, x') - log p(x) - log p(x') = D(t + t') - D(t) - D(t') + const,  D = log_partition_difference,
/// and this is the critic of a symmetric InfoNCE loss (losses.h) over the pairs of a batch. It trains t(x) alone, needs
/// no sampler, and does not learn p(x).
struct PairOptions final : ObjectiveOptions {
  AugmentationOptions views;
  void fields(Fields& visit) override;
  std::vector<Metric> metrics() const override;
  bool uses_data_noise() const override { return false; }
};

/// Throws ConfigError if the model is no conjugate EBM, or there is only one image in a batch.
std::shared_ptr<Objective> make_pair_objective(const PairOptions& options, const ObjectiveContext& context);

/// How one energy represents several noise levels sigma.
///   fixed:       E is the density of data with noise of each level, score -dE/dx
///   multi_scale: the density at sigma is that of E (sigma_0 / sigma)^2 (Li, Chen and Sommer 2019)
enum class ScoreScale { fixed, multi_scale };

/// Denoising score matching (Vincent 2011) at noise levels sigma, log-uniform in [sigma_min, sigma_max]:
///   L = E |r|^2 / (sigma^2 d),  r = s dE/dx(x~) - (x~ - x),  x~ = x + sigma n,
/// d pixels, s = sigma^2 or sigma_0^2 (ScoreScale). The weight gradient needs no second derivative: with r held fixed
/// it is that of (s / sigma^2) [E(x~ + e r) - E(x~ - e r)] / (e d) for a small e (finite differences: Pang et al.
/// 2020).
struct DsmOptions final : ObjectiveOptions {
  double sigma_min = 0.1;
  double sigma_max = 0.5;
  ScoreScale scale = ScoreScale::multi_scale;
  double sigma_0 = 0.1;
  double difference = 0.01;  ///< root mean square of e r over the pixels
  void fields(Fields& visit) override;
  std::vector<Metric> metrics() const override;
  bool uses_data_noise() const override { return false; }
};

/// Throws ConfigError if the model has no energy.
std::shared_ptr<Objective> make_dsm(const DsmOptions& options, const ObjectiveContext& context);

/// Cross-entropy of the labels under the model's own p(y | x) (classification.h), over the images that have one.
struct LabelsOptions final : ObjectiveOptions {
  AugmentationOptions views{0.0};  ///< of the images whose labels are learned
  void fields(Fields& visit) override;
  std::vector<Metric> metrics() const override;
  bool uses_labels() const override { return true; }
  bool uses_data_noise() const override { return !views.changes_images(); }
};

/// Throws ConfigError if the model's bias has no components, DataError if a label of the training images is none of
/// them.
std::shared_ptr<Objective> make_labels_objective(const LabelsOptions& options, const ObjectiveContext& context);

/// Joint energy-based model (Grathwohl et al. 2020): log p(x, y) = log p(y | x) + log p(x), the first by the labels'
/// cross-entropy, the second by PCD.
struct JemOptions final : ObjectiveOptions {
  explicit JemOptions(const Catalog& catalog) : density(catalog) {}
  double density_weight = 1.0;
  double label_weight = 1.0;
  PcdOptions density;
  LabelsOptions labels;
  void fields(Fields& visit) override;
  void sections(Fields& visit) override { density.sections(visit); }
  std::vector<Metric> metrics() const override;
  Choice<SamplerEntry>* sampler() override { return density.sampler(); }
  const BufferOptions* kept_chains() const override { return density.kept_chains(); }
  bool uses_labels() const override { return true; }
};

/// Throws ConfigError as make_pcd and make_labels_objective.
std::shared_ptr<Objective> make_jem(const JemOptions& options, const ObjectiveContext& context);

/// Weighted sum of other objectives. Each row of the catalog that may be a term has its own section, and is a term if
/// the weight there is above 0.
struct SumOptions final : ObjectiveOptions {
  struct Term {
    const ObjectiveEntry* row = nullptr;
    std::unique_ptr<ObjectiveOptions> options;
    double weight = 0.0;
    std::int64_t skip = 0;    ///< how many of the batch's first images the term leaves out
    std::int64_t images = 0;  ///< how many of the following it uses; 0: all
  };

  explicit SumOptions(const Catalog& catalog);
  std::vector<Term> terms;
  void fields(Fields& visit) override;
  void sections(Fields& visit) override;
  std::vector<Metric> metrics() const override;
  Choice<SamplerEntry>* sampler() override;
  const BufferOptions* kept_chains() const override;
  State state_of_chains(const State& objective) const override;
  bool uses_labels() const override;
  bool uses_data_noise() const override;

 private:
  const Term* with_chains() const;
};

/// Throws ConfigError if there is no term, more than one of them moves chains, or a term's images are not in the batch;
/// and what the terms' factories throw.
std::shared_ptr<Objective> make_sum(const SumOptions& options, const ObjectiveContext& context);

/// Evidence lower bound of a variational autoencoder (paper, Eq. 13): minimises -log_likelihood + weight * KL.
struct ElboOptions final : ObjectiveOptions {
  std::int64_t samples = 1;          ///< z per image
  std::int64_t kl_warmup_steps = 0;  ///< the KL term's weight rises linearly from 0 to 1 over this many steps
  void fields(Fields& visit) override;
  std::vector<Metric> metrics() const override;
  bool uses_data_noise() const override { return false; }
  /// The KL term's weight at gradient step `step` (from 0).
  double kl_weight_at(std::uint64_t step) const;
};

/// Throws ConfigError if the model is no variational autoencoder.
std::shared_ptr<Objective> make_elbo(const ElboOptions& options, const ObjectiveContext& context);

/// The two-player game of a BiGAN (Donahue et al. 2016) as in the authors' code: non-saturating losses, noise on the
/// images that the discriminator sees.
struct BiganOptions final : ObjectiveOptions {
  double image_noise_std = 0.1;  ///< at the first step; falls linearly to 0 at the last
  void fields(Fields& visit) override;
  std::vector<Metric> metrics() const override;
  bool uses_data_noise() const override { return false; }
  /// The noise's std at gradient step `step` (from 0) of `steps`.
  double image_noise_std_at(std::uint64_t step, std::uint64_t steps) const;
};

/// Throws ConfigError if the model is no bidirectional GAN, or several ranks train together: batch normalisation makes
/// an image's value depend on the whole batch, at every layer.
std::shared_ptr<Objective> make_bigan(const BiganOptions& options, const ObjectiveContext& context);

Registry<ObjectiveEntry> built_in_objectives();
template <>
const Registry<ObjectiveEntry>& registry_of(const Catalog& catalog);

}  // namespace cebm
