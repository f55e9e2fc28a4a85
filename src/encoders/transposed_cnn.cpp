#include <cebm/decoder.h>

#include "encoders/layer.h"
#include "encoders/sizes.h"

namespace cebm {

namespace {

/// Above an encoder's numbers in the stream of initial weights.
constexpr std::uint64_t kFirstParameter = 1U << 21U;

class TransposedCnn final : public Decoder {
 public:
  TransposedCnn(const TransposedCnnOptions& options, const DecoderContext& context)
      : start_(before_transposed(options, context, "decoder transposed_cnn")),
        activation_(options.layers.activation),
        hidden_activation_(options.layers.activation_of_hidden()),
        seed_(context.seed) {
    std::int64_t features = context.latent_dim;
    for (const std::int64_t width : options.layers.hidden) {
      linear_.push_back(make_layer({width, features}, features, width));
      features = width;
    }
    if (!options.start.empty()) linear_.push_back(make_layer({start_.numel(), features}, features, start_.numel()));
    std::int64_t channels = start_.channels;
    for (std::size_t i = 0; i < options.layers.kernels.size(); ++i) {
      const bool last = i + 1 == options.layers.kernels.size();
      const std::int64_t out = last ? context.image.channels : options.layers.channels[i];
      const std::int64_t kernel = options.layers.kernels[i];
      // PyTorch takes a transposed convolution's fan-in from the second dimension, its outputs.
      Layer layer = make_layer({channels, out, kernel, kernel}, out * kernel * kernel, out);
      layer.stride = options.layers.strides[i];
      layer.padding = options.layers.paddings[i];
      transposed_.push_back(layer);
      channels = out;
    }
  }

  torch::Tensor forward(const torch::Tensor& z) override {
    torch::Tensor h = start(z);
    for (std::size_t i = 0; i < transposed_.size(); ++i) {
      if (i > 0) h = activation_(h);
      const Layer& layer = transposed_[i];
      h = at::conv_transpose2d(h, layer.weight, layer.bias, layer.stride, layer.padding);
    }
    return h;
  }

  std::optional<TransposedChain> transposed_chain() override {
    TransposedChain chain{[this](const torch::Tensor& z) { return start(z); }, start_, {}};
    for (const Layer& layer : transposed_) {
      chain.layers.push_back({layer.weight, layer.bias, layer.stride, layer.padding, activation_});
    }
    chain.layers.back().activation.reset();
    return chain;
  }

 private:
  torch::Tensor start(const torch::Tensor& z) const {
    torch::Tensor h = z;
    for (const Layer& layer : linear_) h = hidden_activation_(layer(h));
    return h.view({-1, start_.channels, start_.height, start_.width}).contiguous(torch::MemoryFormat::ChannelsLast);
  }

  Layer make_layer(const std::vector<std::int64_t>& shape, std::int64_t fan_in, std::int64_t outputs) {
    const std::size_t index = linear_.size() + transposed_.size();
    const std::uint64_t number = kFirstParameter + 2 * index;
    torch::Tensor weight = initial_values(shape, fan_in, seed_, number);
    if (weight.dim() == 4) weight = weight.contiguous(torch::MemoryFormat::ChannelsLast);
    const std::string name = std::to_string(index);
    return {register_parameter("weight" + name, weight),
            register_parameter("bias" + name, initial_values({outputs}, fan_in, seed_, number + 1))};
  }

  ImageShape start_;
  Activation activation_;
  Activation hidden_activation_;
  std::uint64_t seed_;
  std::vector<Layer> linear_;
  std::vector<Layer> transposed_;
};

}  // namespace

TransposedCnnOptions::TransposedCnnOptions(ConvolutionalOptions with_activation) : layers(std::move(with_activation)) {
  layers.channels = {64, 32, 32};
  layers.kernels = {4, 4, 4, 3};
  layers.strides = {2, 2, 2, 1};
  layers.paddings = {1, 1, 0, 0};
  layers.hidden = {128};
}

void TransposedCnnOptions::fields(Fields& visit) {
  visit.integers("start", start, {1, 65536},
                 "channels, height and width of the image that the convolutions start from; empty: the code, or the "
                 "last hidden layer, as an image of one pixel");
  layers.fields(visit, !start.empty() || !layers.hidden.empty());
}

std::shared_ptr<Decoder> make_transposed_cnn(const TransposedCnnOptions& options, const DecoderContext& context) {
  return std::make_shared<TransposedCnn>(options, context);
}

}  // namespace cebm
