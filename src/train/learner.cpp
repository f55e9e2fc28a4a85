#include "train/learner.h"

#include <c10/core/GradMode.h>
#include <cebm/errors.h>
#include <cebm/module_state.h>

#include "optim/norm.h"
#include "runs/average_part.h"

namespace cebm {

namespace {

/// The weights that spectral normalisation bounds: the encoder's tensors of rank 2 or more, that is without its biases.
/// Throws ConfigError unless the model is an energy with an encoder.
NamedTensors encoder_weights(Model& model) {
  auto* const encoded = dynamic_cast<EncodedModel*>(&model);
  if (encoded == nullptr || dynamic_cast<EnergyModel*>(&model) == nullptr) {
    throw ConfigError("train.spectral_norm.bound: expected 0 (off), for this model is no energy of an encoder");
  }
  NamedTensors weights = named_parameters(encoded->encoder());
  std::erase_if(weights, [](const auto& entry) { return entry.second.dim() < 2; });
  return weights;
}

}  // namespace

Learner::Learner(const RunConfig& config, ImageShape image, torch::Device device,
                 const std::function<void(Model&)>& initialize, std::shared_ptr<const Dataset> data,
                 const std::shared_ptr<Ranks>& ranks)
    : adam_(config.train.optimizer),
      spectral_norm_options_(config.train.spectral_norm),
      ema_decay_(config.train.ema_decay),
      seed_(static_cast<std::uint64_t>(config.train.seed)),
      steps_(static_cast<std::uint64_t>(config.train.steps)),
      model_(config.model.build(ModelContext{image, seed_})) {
  if (ranks->size() > config.train.batch_size) {
    throw ConfigError("train.batch_size: expected at least an image for each of " + std::to_string(ranks->size()) +
                      " ranks, found " + std::to_string(config.train.batch_size));
  }
  if (initialize) initialize(*model_);
  model_->to(device);
  objective_ = config.objective.build(ObjectiveContext{.model = model_,
                                                       .seed = seed_,
                                                       .device = device,
                                                       .steps = steps_,
                                                       .batch_size = config.train.batch_size,
                                                       .data = std::move(data),
                                                       .ranks = ranks});
  (void)objective_->engine();  // throws ConfigError if the sampler cannot move this model's chains
  optimizers_.emplace(named_parameters(*model_), objective_->groups(), adam_, steps_);
  if (spectral_norm_options_.bound > 0.0) start_spectral_norm();
  if (ema_decay_ > 0.0) start_average();
  weights_ = model_->parameters();
  metrics_ = config.objective_options().metrics();
  for (const std::string& name : norm_names()) {
    metrics_.push_back({.name = name,
                        .unit = "L2 norm",
                        .shown = name == norm_names().front(),
                        .curve = {"Norm of the weight gradient", name}});
  }
  if (spectral_norm_) metrics_.push_back({.name = "singular_value"});
  metrics_.push_back({.name = "weight_norm", .unit = "L2 norm"});
  metrics_.push_back({.name = "learning_rate", .when = Metric::When::row});
}

NamedValues Learner::measure(std::uint64_t step) const {
  NamedValues values = objective_->measure(step);
  values.emplace_back("learning_rate", adam_.learning_rate_at(step, steps_));
  return values;
}

StepMetrics Learner::step(const Batch& batch, std::uint64_t step) {
  // The model is open to the caller, whose own gradients, as of an energy's backward(), must not enter the step.
  for (const torch::Tensor& weight : weights_) weight.mutable_grad() = torch::Tensor();
  std::vector<std::string> names;
  std::vector<torch::Tensor> scalars;
  for (const auto& [name, value] : objective_->add_gradient(batch, step)) {
    names.push_back(name);
    scalars.push_back(value);
  }
  for (const std::string& name : optimizers_->norm_names()) names.push_back(name);
  for (const torch::Tensor& norm : optimizers_->step(step)) scalars.push_back(norm);
  if (spectral_norm_) {
    names.emplace_back("singular_value");
    scalars.push_back(spectral_norm_->project());
  }
  if (average_) average_->update(step);
  const torch::NoGradGuard no_graph;
  names.emplace_back("weight_norm");
  scalars.push_back(joint_norm(weights_));
  return {std::move(names), scalars};
}

void Learner::save(Checkpoint& checkpoint) const {
  State& model = checkpoint.parts["model"];
  model = module_state(*model_);
  const ImageShape image = model_->image_shape();
  model.values["image"] = {image.channels, image.height, image.width};
  optimizers_->save(checkpoint.parts["optimizer"]);
  if (spectral_norm_) spectral_norm_->save(checkpoint.parts["optimizer"]);
  objective_->save(checkpoint.parts["objective"]);
  if (average_) average_->save(checkpoint.parts[kAveragePart]);
}

void Learner::start_spectral_norm() { spectral_norm_.emplace(encoder_weights(*model_), spectral_norm_options_, seed_); }

void Learner::start_average() { average_.emplace(averaged_tensors(*model_), ema_decay_); }

void Learner::load(const Checkpoint& checkpoint, const StartAnew& anew) {
  const auto load_or_start = [&](const std::string& what, const auto& load, const auto& start) {
    try {
      load();
    } catch (const CheckpointError& cause) {
      if (!anew) throw;
      start();
      anew(what + " starts anew: " + cause.what());
    }
  };
  load_module_state(*model_, checkpoint.part("model"));
  optimizers_->load(checkpoint.part("optimizer"));
  if (spectral_norm_) {
    load_or_start(
        "train.spectral_norm", [&] { spectral_norm_->load(checkpoint.part("optimizer")); },
        [&] { start_spectral_norm(); });
  }
  // What an objective has found stays: chains are good ones also without an adapted step size.
  load_or_start(
      "what the objective does not find", [&] { objective_->load(checkpoint.part("objective")); }, [] {});
  if (average_) {
    load_or_start(
        "train.ema_decay: the average of the weights", [&] { average_->load(checkpoint.part(kAveragePart)); },
        [&] { start_average(); });
  }
}

}  // namespace cebm
