/// What a training step minimises, together with the state that lives on between steps.
#pragma once

#include <cebm/dataset.h>
#include <cebm/metric.h>
#include <cebm/model.h>
#include <cebm/replay_buffer.h>
#include <cebm/sampler.h>
#include <cebm/state.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cebm {

/// Weights that have an optimiser of their own.
struct WeightGroup {
  std::string name;
  std::vector<torch::Tensor> weights;
};

class Objective {
 public:
  virtual ~Objective() = default;
  /// Computes the loss on `batch` [B, C, H, W] at gradient step `step` (from 0) and adds its gradient to the grad() of
  /// the model's parameters; where there are groups, each group's own loss and gradient. May advance chains.
  /// Returns the declared metrics of a step (ObjectiveOptions::metrics), each once.
  virtual StepValues add_gradient(const torch::Tensor& batch, std::uint64_t step) = 0;
  /// Players with losses of their own: every weight of the model in one of the groups. Empty: one loss for all weights.
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
  /// What computes the energies that chains follow, for people to read; empty where there are no chains.
  virtual std::string engine() const { return {}; }

  /// What it carries from step to step, besides the weights.
  virtual void save(State& state) const { (void)state; }
  virtual void load(const State& state) { (void)state; }
};

struct ObjectiveContext {
  std::shared_ptr<Model> model;
  std::uint64_t seed = 1;
  torch::Device device = torch::kCPU;
  std::uint64_t steps = 1;  ///< of the whole training, for what changes in its course
  std::int64_t batch_size = 1;
  std::shared_ptr<const Dataset> data = {};  ///< the training images; null where a configuration is only checked
};

/// The images of a set for chains to start from, in [-1, 1] on the device; none without a set.
StartImages start_images(const std::shared_ptr<const Dataset>& data, torch::Device device);

/// What an objective can be told, and what it will report; base of every objective's options.
struct ObjectiveOptions : Options {
  /// Settings of its own that stand beside `objective` in a configuration: the sampler that it moves chains with, the
  /// buffer that it keeps them in.
  virtual void sections(Fields& visit) { (void)visit; }
  /// All that the objective and its sampler report, in the order of metrics.csv's columns.
  virtual std::vector<Metric> metrics() const { return {}; }
  /// The sampler among its settings, which also draws from the energy that was trained; null where there is none.
  virtual Choice<SamplerEntry>* sampler() { return nullptr; }
  bool has_sampler() const { return const_cast<ObjectiveOptions*>(this)->sampler() != nullptr; }
};

struct ObjectiveEntry : Entry<Objective, const ObjectiveContext&> {
  using OptionsBase = ObjectiveOptions;
};

/// Persistent contrastive divergence (paper, Algorithm 1).
struct PcdOptions final : ObjectiveOptions {
  explicit PcdOptions(const Catalog& catalog);
  double energy_l2 = 0.005;     ///< paper: 0.1, which bounds the gap at 10
  Choice<SamplerEntry> chains;  ///< `sampler` in a configuration
  BufferOptions buffer;
  void fields(Fields& visit) override;
  void sections(Fields& visit) override;
  std::vector<Metric> metrics() const override;
  Choice<SamplerEntry>* sampler() override { return &chains; }
};

/// Throws ConfigError if the model has no energy, or the buffer is smaller than a batch.
std::shared_ptr<Objective> make_pcd(const PcdOptions& options, const ObjectiveContext& context);

/// Evidence lower bound of a variational autoencoder (paper, Eq. 13): minimises -log_likelihood + weight * KL.
struct ElboOptions final : ObjectiveOptions {
  std::int64_t samples = 1;          ///< z per image
  std::int64_t kl_warmup_steps = 0;  ///< the KL term's weight rises linearly from 0 to 1 over this many steps
  void fields(Fields& visit) override;
  std::vector<Metric> metrics() const override;
  /// The KL term's weight at gradient step `step` (from 0).
  double kl_weight_at(std::uint64_t step) const;
};

/// Throws ConfigError if the model is no variational autoencoder.
std::shared_ptr<Objective> make_elbo(const ElboOptions& options, const ObjectiveContext& context);

/// The two-player game of a BiGAN (Donahue et al. 2016) as in the authors' code: non-saturating losses, noise on the
/// images that the discriminator sees.
struct BiganOptions final : ObjectiveOptions {
  double image_noise_std = 0.1;
  void fields(Fields& visit) override;
  std::vector<Metric> metrics() const override;
  /// The noise's std at gradient step `step` (from 0) of `steps`.
  double image_noise_std_at(std::uint64_t step, std::uint64_t steps) const;
};

/// Throws ConfigError if the model is no bidirectional GAN.
std::shared_ptr<Objective> make_bigan(const BiganOptions& options, const ObjectiveContext& context);

Registry<ObjectiveEntry> built_in_objectives();
template <>
const Registry<ObjectiveEntry>& registry_of(const Catalog& catalog);

}  // namespace cebm
