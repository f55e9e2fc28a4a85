/// Per-image quantities of a model, used by evaluators and cached between evaluations.
#pragma once

#include <cebm/engine.h>
#include <cebm/model.h>
#include <cebm/sampler.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cebm {

class EncoderOutputs;

/// Computes the quantities of a model behind the columns, by an engine if it has an energy. Images are [B, C, H, W] in
/// the model's pixel range, on its device; results are per row. What several columns need of a batch is computed once.
/// The model's weights must not change. Not thread-safe.
class ColumnSource {
 public:
  /// `untrained`: the same network with its initial weights; `sampler`: the run's. Both may be null for columns that do
  /// not use them.
  explicit ColumnSource(Model& model, Model* untrained = nullptr, const Sampler* sampler = nullptr,
                        std::uint64_t seed = 1);
  ~ColumnSource();

  const Model& model() const { return model_; }
  torch::Tensor latent(const torch::Tensor& x);
  /// The last hidden layer of the encoder, for EncodedModels whose encoder is a plain chain of layers.
  torch::Tensor features(const torch::Tensor& x);
  /// f of the posterior, for LatentModels.
  torch::Tensor of_posterior(const torch::Tensor& x,
                             const std::function<torch::Tensor(const LatentDistribution& posterior)>& f);
  /// p(y | x) of each component, [B, L], for conjugate EBMs whose bias has components (classification.h).
  torch::Tensor component_probabilities(const torch::Tensor& x);
  /// For Densities. The gradient's computation gives the density too: ask for it first.
  torch::Tensor log_density(const torch::Tensor& x);
  torch::Tensor density_gradient_norm(const torch::Tensor& x);
  /// For EnergyModels.
  torch::Tensor energies(const torch::Tensor& x);
  /// log p after some steps of the sampler minus log p before, for EnergyModels. `first` is the place of the first
  /// image in its set.
  torch::Tensor refinement(const torch::Tensor& x, std::int64_t first);
  ColumnSource& untrained() { return *untrained_; }

 private:
  /// The last batch, with the results computed from it.
  struct Seen {
    torch::Tensor images, outputs, energies, log_density;
  };
  Seen& seen(const torch::Tensor& x);
  torch::Tensor outputs(const torch::Tensor& x);
  Engine& engine(const torch::Tensor& x);
  /// log p of the images, differentiable once, for Densities without an energy.
  std::function<torch::Tensor(const torch::Tensor& images)> density(const torch::Tensor& x);

  Model& model_;
  std::unique_ptr<ColumnSource> untrained_;
  const Sampler* sampler_;
  std::uint64_t seed_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<EncoderOutputs> encoder_;  ///< of a model without an energy
  Seen seen_;
};

/// One quantity.
struct Column {
  std::string name;
  std::string summary;
  bool (*available)(const Model& model) = nullptr;  ///< whether the model has the quantity
  /// [B, C, H, W] -> [B] or [B, D]; `first` is the place of the first image in its set, for columns that draw random
  /// numbers.
  torch::Tensor (*compute)(ColumnSource& source, const torch::Tensor& images, std::int64_t first) = nullptr;
};

/// pixels, latent, features, latent_variance, latent_mean (of the whole mixture), natural_parameters, responsibilities,
/// class_probabilities, confidence, untrained_latent, energy, log_density, gradient_norm, refinement.
const std::vector<Column>& columns();
std::vector<std::string> column_names();
/// Throws ConfigError for an unknown name, suggesting the nearest.
const Column& find_column(const std::string& name);

/// f(images, place of the first one) for a batch, [B, ...] float32 on the CPU, by map_rows (tiles.h). Images are in the
/// default memory format.
torch::Tensor map_images(const torch::Tensor& images, std::int64_t first,
                         const std::function<torch::Tensor(const torch::Tensor& images, std::int64_t first)>& f);

/// The column of a batch, float32 on the CPU. Throws ConfigError where the model does not have the quantity.
torch::Tensor compute_column(const Column& column, ColumnSource& source, const torch::Tensor& images,
                             std::int64_t first);

}  // namespace cebm
