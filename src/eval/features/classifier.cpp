#include "eval/features/classifier.h"

#include <cebm/loss_gradient.h>
#include <cebm/module_state.h>
#include <cebm/optimizer.h>
#include <torch/nn/functional/loss.h>

#include <algorithm>

#include "encoders/layer.h"

namespace cebm {

namespace {

/// Place of the last layer in the stream of initial weights, after the encoder's parameters.
constexpr std::uint64_t kLastLayer = 100;

CnnOptions layers_for(ImageShape image) {
  CnnOptions options;
  options.channels.clear();
  options.kernels.clear();
  options.strides.clear();
  options.paddings.clear();
  std::int64_t side = std::min(image.height, image.width);
  for (const std::int64_t channels : {16, 32, 64}) {
    if (side < 2) break;
    options.channels.push_back(channels);
    options.kernels.push_back(4);
    options.strides.push_back(2);
    options.paddings.push_back(1);
    side /= 2;
  }
  return options;
}

}  // namespace

Classifier::Classifier(ImageShape image, std::int64_t classes, std::uint64_t seed)
    : torch::nn::Module("classifier"), image_(image) {
  encoder_ = register_module(
      "encoder", make_cnn(layers_for(image), EncoderContext{.image = image, .outputs = kFeatures, .seed = seed}));
  const Layer last = register_layer(*this, "_out", {classes, kFeatures}, seed, kLastLayer);
  weight_ = last.weight;
  bias_ = last.bias;
}

std::shared_ptr<Classifier> train_classifier(const Dataset& data, std::int64_t classes,
                                             const ClassifierTraining& training,
                                             const std::function<void(std::uint64_t done)>& progress) {
  auto classifier = std::make_shared<Classifier>(data.image_shape(), classes, training.seed);
  const NamedTensors parameters = named_parameters(*classifier);
  AdamOptions options;
  options.learning_rate = training.learning_rate;
  Adam adam(parameters, options);
  WeightAverage average(parameters, training.average);
  BatchOrder order(data.size(), std::min(training.batch_size, data.size()), training.seed);
  for (std::uint64_t step = 0; step < static_cast<std::uint64_t>(training.steps); ++step) {
    const torch::Tensor rows = order.indices(step);
    const torch::Tensor x = to_float(data.images.index_select(0, rows));
    const torch::Tensor labels = data.labels.index_select(0, rows);
    add_loss_gradient(
        classifier->parameters(), torch::kCPU, x.size(0),
        [&](const Tile& tile) { return classifier->logits(classifier->features(x.narrow(0, tile.begin, tile.size))); },
        [&](const torch::Tensor& logits) { return torch::nn::functional::cross_entropy(logits, labels); });
    adam.step(step);
    average.update(step);
    if (progress) progress(step + 1);
  }
  State state;
  average.save(state);
  load_module_state(*classifier, state);
  return classifier;
}

}  // namespace cebm
