#include <c10/core/GradMode.h>
#include <cebm/encoder.h>

#include <string>

#include "encoders/layer.h"
#include "encoders/sizes.h"

namespace cebm {

namespace {

class Cnn final : public Encoder {
 public:
  Cnn(const CnnOptions& options, const EncoderContext& context) : Encoder("cnn"), seed_(context.seed) {
    std::int64_t channels = context.image.channels;
    std::int64_t height = context.image.height;
    std::int64_t width = context.image.width;
    for (std::size_t i = 0; i < options.channels.size(); ++i) {
      const std::int64_t kernel = options.kernels[i];
      height = (height + 2 * options.paddings[i] - kernel) / options.strides[i] + 1;
      width = (width + 2 * options.paddings[i] - kernel) / options.strides[i] + 1;
      add_layer({options.channels[i], channels, kernel, kernel}, options.strides[i], options.paddings[i]);
      activations_.push_back(options.activation);
      channels = options.channels[i];
    }
    std::int64_t features = channels * height * width;
    for (const std::int64_t hidden : options.hidden) {
      add_layer({hidden, features});
      activations_.push_back(options.activation_of_hidden());
      features = hidden;
    }
    add_layer({context.outputs, features});
  }

  torch::Tensor forward(const torch::Tensor& x) override {
    torch::Tensor h = x;
    for (std::size_t i = 0; i < activations_.size(); ++i) h = activations_[i](layers_[i](h));
    return layers_.back()(h);
  }

  std::vector<FeedForwardLayer> feed_forward() const override {
    std::vector<FeedForwardLayer> layers;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const Layer& layer = layers_[i];
      layers.push_back({layer.weight, layer.bias, layer.stride, layer.padding, std::nullopt});
      if (i < activations_.size()) layers.back().activation = activations_[i];
    }
    return layers;
  }

  Linearization linearize(const torch::Tensor& x) override {
    const torch::NoGradGuard no_graph;
    std::vector<torch::Tensor> inputs;  // of each layer
    std::vector<torch::Tensor> sums;    // before each activation
    torch::Tensor h = x;
    for (std::size_t i = 0; i < activations_.size(); ++i) {
      inputs.push_back(h);
      sums.push_back(layers_[i](h));
      h = activations_[i](sums.back());
    }
    inputs.push_back(h);
    return {layers_.back()(h), [this, inputs = std::move(inputs), sums = std::move(sums)](const torch::Tensor& g) {
              const torch::NoGradGuard no_graph_back;
              torch::Tensor gradient = layers_.back().pull_back(inputs.back(), g);
              for (std::size_t i = sums.size(); i-- > 0;) {
                gradient = activations_[i].pull_back(sums[i], gradient);
                gradient = layers_[i].pull_back(inputs[i], gradient);
              }
              return gradient;
            }};
  }

 private:
  void add_layer(const std::vector<std::int64_t>& shape, std::int64_t stride = 1, std::int64_t padding = 0) {
    const std::uint64_t number = layers_.size();
    layers_.push_back(register_layer(*this, std::to_string(number), shape, seed_, 2 * number, stride, padding));
  }

  std::uint64_t seed_;
  std::vector<Layer> layers_;
  std::vector<Activation> activations_;  ///< after every layer but the last
};

}  // namespace

std::shared_ptr<Encoder> make_cnn(const CnnOptions& options, const EncoderContext& context) {
  after_convolutions(options, context.image, "encoder cnn");
  return std::make_shared<Cnn>(options, context);
}

}  // namespace cebm
