#include <c10/core/GradMode.h>
#include <cebm/classification.h>
#include <cebm/columns.h>
#include <cebm/tiles.h>
#include <cebm/vae.h>
#include <torch/csrc/autograd/autograd.h>

#include "engine/encoder_outputs.h"
#include "engine/vae_functions.h"
#include "eval/features/hidden_features.h"

namespace cebm {

namespace {

/// Sampler steps of the refinement score.
constexpr std::int64_t kRefinementSteps = 20;

torch::Tensor norms(const torch::Tensor& gradient) { return gradient.contiguous().flatten(1).norm(2, 1); }

/// log p and the norm of its gradient for every image, [B, 2].
torch::Tensor with_gradient_norm(const std::function<torch::Tensor(const torch::Tensor& images)>& log_density,
                                 const torch::Tensor& x) {
  const torch::AutoGradMode record(true);
  const torch::Tensor input = x.detach().clone().requires_grad_(true);
  const torch::Tensor values = log_density(input);
  const torch::Tensor gradient = torch::autograd::grad({values.sum()}, {input})[0];
  return torch::stack({values.detach(), norms(gradient)}, 1);
}

template <class Capability>
Capability& as(Model& model) {
  return dynamic_cast<Capability&>(model);
}

}  // namespace

ColumnSource::ColumnSource(Model& model, Model* untrained, const Sampler* sampler, std::uint64_t seed)
    : model_(model),
      untrained_(untrained == nullptr ? nullptr : std::make_unique<ColumnSource>(*untrained)),
      sampler_(sampler),
      seed_(seed) {}

ColumnSource::~ColumnSource() = default;

ColumnSource::Seen& ColumnSource::seen(const torch::Tensor& x) {
  if (!x.is_same(seen_.images)) seen_ = {.images = x, .outputs = {}, .energies = {}, .log_density = {}};
  return seen_;
}

Engine& ColumnSource::engine(const torch::Tensor& x) {
  if (!engine_) engine_ = make_engine(as<EnergyModel>(model_), x.device());
  return *engine_;
}

torch::Tensor ColumnSource::outputs(const torch::Tensor& x) {
  torch::Tensor& outputs = seen(x).outputs;
  if (outputs.defined()) return outputs;
  if (dynamic_cast<EnergyModel*>(&model_) != nullptr) return outputs = engine(x).outputs(x);
  if (!encoder_) {
    encoder_ = std::make_unique<EncoderOutputs>(as<EncodedModel>(model_).encoder(), model_.image_shape(), x.device());
  }
  return outputs = (*encoder_)(x);
}

torch::Tensor ColumnSource::latent(const torch::Tensor& x) {
  if (auto* const encoded = dynamic_cast<EncodedModel*>(&model_)) {
    return map_rows(outputs(x), [&](const torch::Tensor& o, std::int64_t) { return encoded->latent_of(o); });
  }
  return map_images(x, 0, [&](const torch::Tensor& images, std::int64_t) { return model_.latent(images); });
}

torch::Tensor ColumnSource::features(const torch::Tensor& x) {
  return hidden_features(as<EncodedModel>(model_).encoder().feed_forward(), x);
}

torch::Tensor ColumnSource::of_posterior(const torch::Tensor& x,
                                         const std::function<torch::Tensor(const LatentDistribution& posterior)>& f) {
  if (auto* const encoded = dynamic_cast<EncodedLatentModel*>(&model_)) {
    return map_rows(outputs(x), [&](const torch::Tensor& o, std::int64_t) { return f(encoded->posterior_of(o)); });
  }
  auto& model = as<LatentModel>(model_);
  return map_images(x, 0, [&](const torch::Tensor& images, std::int64_t) { return f(model.posterior(images)); });
}

torch::Tensor ColumnSource::component_probabilities(const torch::Tensor& x) {
  return map_rows(outputs(x),
                  [&](const torch::Tensor& o, std::int64_t) { return cebm::component_probabilities(model_, o); });
}

torch::Tensor ColumnSource::energies(const torch::Tensor& x) {
  torch::Tensor& energies = seen(x).energies;
  return energies.defined() ? energies : energies = engine(x).energies(x);
}

std::function<torch::Tensor(const torch::Tensor& images)> ColumnSource::density(const torch::Tensor& x) {
  auto* const vae = dynamic_cast<Vae*>(&model_);
  if (vae == nullptr) return [this](const torch::Tensor& images) { return as<Density>(model_).log_density(images); };
  // For this batch alone: their memory, large with 16 samples of each image, would stay until the evaluation's end.
  const auto functions = std::make_shared<VaeFunctions>(*vae, x.device());
  return [vae, functions, by = functions->networks()](const torch::Tensor& images) {
    return vae->log_density(images, by);
  };
}

torch::Tensor ColumnSource::log_density(const torch::Tensor& x) {
  if (dynamic_cast<EnergyModel*>(&model_) != nullptr) return -energies(x);
  torch::Tensor& values = seen(x).log_density;
  if (values.defined()) return values;
  const auto of_images = density(x);
  return values = map_images(x, 0, [&](const torch::Tensor& images, std::int64_t) { return of_images(images); });
}

torch::Tensor ColumnSource::density_gradient_norm(const torch::Tensor& x) {
  if (dynamic_cast<EnergyModel*>(&model_) != nullptr) {
    const EnergyGradient both = engine(x).energies_and_gradient(x);
    seen(x).energies = both.energies;
    return map_rows(both.gradient, [](const torch::Tensor& g, std::int64_t) { return norms(g); });
  }
  const auto of_images = density(x);
  const torch::Tensor both = map_images(
      x, 0, [&](const torch::Tensor& images, std::int64_t) { return with_gradient_norm(of_images, images); });
  seen(x).log_density = both.select(1, 0).contiguous();
  return both.select(1, 1).contiguous();
}

torch::Tensor ColumnSource::refinement(const torch::Tensor& x, std::int64_t first) {
  Chains chains = make_chains(x);
  chains.ids.add_(first);
  sampler_->advance(as<EnergyModel>(model_), chains, kRefinementSteps, seed_, 0);
  return energies(x) - engine(x).energies(chains.x);
}

}  // namespace cebm
