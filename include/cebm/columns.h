/// Per-image quantities of a model: what evaluators work with and what is kept between evaluations.
#pragma once

#include <cebm/model.h>
#include <cebm/sampler.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace cebm {

/// What columns are computed with; `model` alone decides which are available.
struct ColumnContext {
  Model* model = nullptr;
  Model* untrained = nullptr;        ///< the same network with its initial weights
  const Sampler* sampler = nullptr;  ///< the run's
  std::uint64_t seed = 1;
};

/// One quantity: images [B, C, H, W] in the model's pixel range -> [B] or [B, D].
struct Column {
  std::string name;
  std::string summary;
  bool (*available)(const ColumnContext& context) = nullptr;  ///< does the model have it?
  /// `first` is the place of the first image in its set, for columns that draw random numbers.
  torch::Tensor (*compute)(const ColumnContext& context, const torch::Tensor& images, std::int64_t first) = nullptr;
};

/// pixels, latent, latent_variance, latent_mean (of the whole mixture), natural_parameters, responsibilities,
/// untrained_latent, energy, log_density, gradient_norm, refinement.
const std::vector<Column>& columns();
std::vector<std::string> column_names();
/// Throws ConfigError with the nearest name.
const Column& find_column(const std::string& name);

/// Puts the weights of a model whose columns are to be computed into PyTorch's default memory format. Its convolutions
/// are slower than those on channels-last weights but round less, and an energy is then the one that PyTorch finds with
/// the same weights (docs/interop.md).
void use_default_memory_format(Model& model);

/// f(images, place of the first one) for a batch, [B, ...] float32 on the CPU, by map_rows (tiles.h). Images are in the
/// default memory format.
torch::Tensor map_images(const torch::Tensor& images, std::int64_t first,
                         const std::function<torch::Tensor(const torch::Tensor& images, std::int64_t first)>& f);

/// The column of a batch by map_images. Throws ConfigError where the model does not have the quantity.
torch::Tensor compute_column(const Column& column, const ColumnContext& context, const torch::Tensor& images,
                             std::int64_t first);

}  // namespace cebm
