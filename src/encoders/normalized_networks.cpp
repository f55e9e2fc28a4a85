#include <cebm/normalized_networks.h>

#include "encoders/mlp.h"
#include "encoders/normalized_stack.h"
#include "encoders/sizes.h"

namespace cebm {

namespace {

/// Within a network, fully connected layers are numbered from here in the stream of initial weights.
constexpr std::uint64_t kFirstFullyConnected = 1U << 10U;
/// As for other decoders: above an encoder's numbers.
constexpr std::uint64_t kFirstOfTransposed = 1U << 21U;

}  // namespace

void NormalizedCnnOptions::fields(Fields& visit) {
  layers.fields(visit);
  visit.real("dropout", dropout, {0.0, 0.99}, "probability that a channel of an image is set to zero, in training");
}

NormalizedCnn::NormalizedCnn(const NormalizedCnnOptions& options, const NormalizedCnnContext& context) {
  const ConvolutionalOptions& layers = options.layers;
  const ImageShape end = after_convolutions(layers, context.image, context.name);
  convolutions_ = register_module(
      "convolutions", std::make_shared<NormalizedStack>(StackPlan{.in_channels = context.image.channels,
                                                                  .channels = layers.channels,
                                                                  .kernels = layers.kernels,
                                                                  .strides = layers.strides,
                                                                  .paddings = layers.paddings,
                                                                  .activation = layers.activation,
                                                                  .dropout = options.dropout,
                                                                  .seed = context.seed,
                                                                  .first_parameter = context.first_parameter}));
  std::vector<std::int64_t> widths{end.numel() + context.side_inputs};
  widths.insert(widths.end(), layers.hidden.begin(), layers.hidden.end());
  widths.push_back(context.outputs);
  head_ = register_module("head", std::make_shared<Mlp>(widths, layers.activation_of_hidden(), /*activate_end=*/false,
                                                        context.seed, context.first_parameter + kFirstFullyConnected));
}

torch::Tensor NormalizedCnn::forward(const torch::Tensor& x, const torch::Tensor& side, const Pass& pass) {
  const torch::Tensor features = convolutions_->forward(x, pass);
  return side.defined() ? head_->forward({features, side}) : head_->forward({features});
}

NormalizedTransposedCnn::NormalizedTransposedCnn(const TransposedCnnOptions& options, const DecoderContext& context)
    : start_(before_transposed(options, context, "generator")) {
  const ConvolutionalOptions& layers = options.layers;
  std::vector<std::int64_t> widths{context.latent_dim};
  widths.insert(widths.end(), layers.hidden.begin(), layers.hidden.end());
  if (!options.start.empty()) widths.push_back(start_.numel());
  if (widths.size() > 1) {
    front_ =
        register_module("front", std::make_shared<Mlp>(widths, layers.activation_of_hidden(), /*activate_end=*/true,
                                                       context.seed, kFirstOfTransposed + kFirstFullyConnected));
  }
  std::vector<std::int64_t> channels = layers.channels;
  channels.push_back(context.image.channels);
  convolutions_ = register_module("convolutions",
                                  std::make_shared<NormalizedStack>(StackPlan{.transposed = true,
                                                                              .plain_end = true,
                                                                              .in_channels = start_.channels,
                                                                              .channels = std::move(channels),
                                                                              .kernels = layers.kernels,
                                                                              .strides = layers.strides,
                                                                              .paddings = layers.paddings,
                                                                              .activation = layers.activation,
                                                                              .seed = context.seed,
                                                                              .first_parameter = kFirstOfTransposed}));
}

torch::Tensor NormalizedTransposedCnn::forward(const torch::Tensor& z, const Pass& pass) {
  const torch::Tensor h = front_ ? front_->forward({z}) : z;
  const torch::Tensor start = h.view({-1, start_.channels, start_.height, start_.width});
  return convolutions_->forward(start.contiguous(torch::MemoryFormat::ChannelsLast), pass);
}

}  // namespace cebm
