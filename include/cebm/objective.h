/// What a training step minimises, together with the state that lives on between steps.
#pragma once

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

/// Quantities of one step worth watching, scalars on the model's device.
using LossTerms = std::vector<std::pair<std::string, torch::Tensor>>;

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
  virtual LossTerms add_gradient(const torch::Tensor& batch, std::uint64_t step) = 0;
  /// Players with losses of their own: every weight of the model in one of the groups. Empty: one loss for all weights.
  virtual std::vector<WeightGroup> groups() const { return {}; }
  /// Names of the terms and of statistics(), in order.
  virtual std::vector<std::string> metric_names() const = 0;
  /// Further quantities read only when metrics are written (buffer statistics, ...).
  virtual std::vector<double> statistics(std::uint64_t step) const = 0;
  /// Up to `count` images in [-1, 1] that show what the model has learned so far; may be undefined.
  virtual torch::Tensor showcase(std::int64_t count) const = 0;

  /// What computes the energies that chains follow, for people to read; empty where there are no chains.
  virtual std::string engine() const { return {}; }

  virtual void save(State& state) const = 0;
  virtual void load(const State& state) = 0;
};

struct ObjectiveContext {
  std::shared_ptr<Model> model;
  std::shared_ptr<Sampler> sampler;
  BufferOptions buffer;
  std::uint64_t seed = 1;
  torch::Device device = torch::kCPU;
  std::uint64_t steps = 1;  ///< of the whole training, for what changes in its course
  std::int64_t batch_size = 1;
};

/// A row also says which settings beside its own are of use with it.
struct ObjectiveEntry : Entry<Objective, const ObjectiveContext&> {
  bool trains_energy = true;  ///< what it trains has an energy: the sampler draws from it, in training or afterwards
  bool keeps_chains = true;   ///< between steps, in the replay buffer; its metrics are those of chains
};

/// Persistent contrastive divergence (paper, Algorithm 1).
struct PcdOptions final : Options {
  double energy_l2 = 0.1;
  void fields(Fields& visit) override;
};

/// Throws ConfigError if the model has no energy, or the buffer is smaller than a batch.
std::shared_ptr<Objective> make_pcd(const PcdOptions& options, const ObjectiveContext& context);

/// Evidence lower bound of a variational autoencoder (paper, Eq. 13): minimises -log_likelihood + weight * KL.
struct ElboOptions final : Options {
  std::int64_t samples = 1;          ///< z per image
  std::int64_t kl_warmup_steps = 0;  ///< the KL term's weight rises linearly from 0 to 1 over this many steps
  void fields(Fields& visit) override;
  /// The KL term's weight at gradient step `step` (from 0).
  double kl_weight_at(std::uint64_t step) const;
};

/// Throws ConfigError if the model is no variational autoencoder.
std::shared_ptr<Objective> make_elbo(const ElboOptions& options, const ObjectiveContext& context);

/// The two-player game of a BiGAN (Donahue et al. 2016) as in the authors' code: non-saturating losses, noise on the
/// images that the discriminator sees.
struct BiganOptions final : Options {
  double image_noise_std = 0.1;
  void fields(Fields& visit) override;
  /// The noise's std at gradient step `step` (from 0) of `steps`.
  double image_noise_std_at(std::uint64_t step, std::uint64_t steps) const;
};

/// Throws ConfigError if the model is no bidirectional GAN.
std::shared_ptr<Objective> make_bigan(const BiganOptions& options, const ObjectiveContext& context);

Registry<ObjectiveEntry> built_in_objectives();

}  // namespace cebm
