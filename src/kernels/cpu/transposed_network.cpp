#include "kernels/cpu/transposed_network.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>

#include "kernels/activation.h"
#include "kernels/cpu/layer_memory.h"
#include "kernels/cpu/layer_products.h"
#include "kernels/cpu/outer_product.h"
#include "kernels/cpu/spread.h"

namespace cebm::kernels::cpu {

namespace {

Extent transposed_size(Extent size, const Window& window) {
  const auto along = [&](std::int64_t n, std::int64_t kernel, std::int64_t stride) {
    return (n - 1) * stride - 2 * window.padding + kernel;
  };
  return {along(size.height, window.kernel.height, window.stride.height),
          along(size.width, window.kernel.width, window.stride.width)};
}

std::vector<FeatureMap> feature_maps(Extent start, std::span<const ConvLayer> layers) {
  if (layers.empty()) throw std::invalid_argument("transposed convolutions: expected at least one layer, found none");
  std::vector<FeatureMap> maps{
      {.size = start, .channels = padded_columns(layers.front().out_channels), .before = {}, .after = {}}};
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const bool last = l + 1 == layers.size();
    const Extent size = transposed_size(maps.back().size, layers[l].window);
    if (size.height < 1 || size.width < 1 || (!last && layers[l].in_channels != layers[l + 1].out_channels)) {
      throw std::invalid_argument("transposed convolutions: layer " + std::to_string(l) +
                                  " does not fit what comes before it");
    }
    const std::int64_t channels = last ? layers[l].in_channels : padded_columns(layers[l].in_channels);
    maps.push_back({.size = size, .channels = channels, .before = {}, .after = {}});
    widen_borders(layers[l].window, maps[l + 1], maps[l]);
  }
  if (layers.back().activation) {
    throw std::invalid_argument("transposed convolutions: expected a last layer without an activation");
  }
  return maps;
}

/// Copies `used` channels of every position of dense images to a map in memory.
void put(const float* dense, std::int64_t used, const FeatureMap& map, std::int64_t images, float* memory) {
  for (std::int64_t b = 0; b < images; ++b, memory += map.numbers()) {
    for_places(map.size, [&](std::int64_t y, std::int64_t x) {
      std::copy_n(dense, used, memory + map.offset(y, x));
      dense += used;
    });
  }
}

/// The reverse of put().
void get(const float* memory, std::int64_t used, const FeatureMap& map, std::int64_t images, float* dense) {
  for (std::int64_t b = 0; b < images; ++b, memory += map.numbers()) {
    for_places(map.size,
               [&](std::int64_t y, std::int64_t x) { dense = std::copy_n(memory + map.offset(y, x), used, dense); });
  }
}

void add_bias(const float* bias, std::int64_t channels, std::int64_t pixels, float* images) {
  for (std::int64_t p = 0; p < pixels; ++p, images += channels) {
    for (std::int64_t c = 0; c < channels; ++c) images[c] += bias[c];
  }
}

void add_positions(const float* memory, const FeatureMap& map, std::int64_t images, float* sums) {
  for (std::int64_t b = 0; b < images; ++b, memory += map.numbers()) {
    for_places(map.size, [&](std::int64_t y, std::int64_t x) {
      const float* const from = memory + map.offset(y, x);
      for (std::int64_t c = 0; c < map.channels; ++c) sums[c] += from[c];
    });
  }
}

}  // namespace

struct TransposedNetwork::Layer {
  std::optional<BackwardProducts> forward;  ///< not of the last layer
  std::optional<Spread> spread;             ///< of the last layer
  ForwardProduct backward;                  ///< the gradient with respect to the input's sums
  OuterProduct outer;
  ConvLayer shape;               ///< its pointers are no longer valid
  bool keeps_derivative;         ///< of the activation before the layer
  std::vector<float> bias = {};  ///< of the last layer
};

class TransposedNetwork::Activations {
 public:
  Activations(const TransposedNetwork& network, std::int64_t count) : images(count) {
    for (std::size_t l = 0; l < network.layers_.size(); ++l) {
      inputs.emplace_back(count * network.maps_[l].numbers(), network.layers_[l].keeps_derivative);
    }
  }

  std::int64_t images;
  std::vector<LayerMemory<float>> inputs;  ///< of every layer
};

class TransposedNetwork::Scratch {
 public:
  Scratch(const TransposedNetwork& network, std::int64_t count)
      : images(count),
        spread(network.layers_.back().spread->scratch()),
        gradient(static_cast<std::size_t>(count * network.maps_.back().numbers())) {}

  GradientSums& sums(const TransposedNetwork& network, std::size_t layer) {
    for (std::size_t l = sums_.size(); l < network.layers_.size(); ++l) {
      sums_.emplace_back(network.layers_[l].outer, network.layers_[l].shape.in_channels);
    }
    return sums_[layer];
  }

  std::int64_t images;
  Spread::Scratch spread;
  AlignedArray<float> gradient;  ///< with respect to the images that came out
  WinogradScratch winograd;

 private:
  std::vector<GradientSums> sums_;
};

TransposedNetwork::TransposedNetwork(Extent start, std::span<const ConvLayer> layers, const ConvKernels& kernels)
    : maps_(feature_maps(start, layers)) {
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const ConvLayer& layer = layers[l];
    const FeatureMap& input = maps_[l];
    const FeatureMap& output = maps_[l + 1];
    const std::optional<KernelActivation> before = l == 0 ? std::nullopt : layers[l - 1].activation;
    const bool keeps_derivative = before && !keeps_values(before->kind);
    OuterProduct outer = outer_product(kernels, layer, output, input);
    if (l + 1 == layers.size()) {
      layers_.push_back({std::nullopt, Spread(kernels, Precision::float32, layer, output, input),
                         ForwardProduct::of_images(kernels, layer, output, input, pull_back(before)), std::move(outer),
                         layer, keeps_derivative});
    } else {
      layers_.push_back(
          {BackwardProducts(kernels, Precision::float32, layer, output, input, activate(layer.activation)),
           std::nullopt, ForwardProduct::of_map(kernels, Precision::float32, layer, output, input, pull_back(before)),
           std::move(outer), layer, keeps_derivative});
    }
  }
  load(layers);
}

TransposedNetwork::~TransposedNetwork() = default;

bool TransposedNetwork::load(std::span<const ConvLayer> layers) {
  const auto is_like = [](const Layer& layer, const ConvLayer& other) { return layer.shape.is_like(other); };
  if (!std::equal(layers_.begin(), layers_.end(), layers.begin(), layers.end(), is_like)) return false;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer& to = layers_[l];
    const ConvLayer& from = layers[l];
    const Channels outputs{0, from.out_channels};
    to.backward.load(from, {0, from.in_channels});
    if (to.forward) {
      to.forward->load(from, outputs);
      to.forward->load_bias(from.bias);
    } else {
      to.spread->load(from, outputs);
      to.bias.assign(from.bias, from.bias + from.in_channels);
    }
  }
  return true;
}

std::shared_ptr<TransposedNetwork::Activations> TransposedNetwork::activations(std::int64_t images) const {
  return std::make_shared<Activations>(*this, images);
}

std::shared_ptr<TransposedNetwork::Scratch> TransposedNetwork::scratch(std::int64_t images) const {
  return std::make_shared<Scratch>(*this, images);
}

void TransposedNetwork::forward(Activations& activations, Scratch& scratch, ImageRange range, const float* x,
                                float* images) const {
  if (range.count > scratch.images || range.first + range.count > activations.images) {
    throw std::invalid_argument("transposed convolutions: more images than there is room for");
  }
  const auto at = [&](AlignedArray<float>& array, std::size_t l) {
    return array.size() == 0 ? nullptr : array.data() + range.first * maps_[l].numbers();
  };
  const auto values = [&](std::size_t l) { return at(activations.inputs[l].values, l); };
  put(x, layers_.front().shape.out_channels, maps_.front(), range.count, values(0));
  const std::size_t last = layers_.size() - 1;
  for (std::size_t l = 0; l < last; ++l) {
    for (const MapProduct& phase : layers_[l].forward->phases()) {
      multiply(phase, values(l), values(l + 1), at(activations.inputs[l + 1].derivatives, l + 1), range.count, 0,
               scratch.winograd);
    }
  }
  const std::int64_t channels = maps_.back().channels;
  const std::int64_t pixels = maps_.back().size.height * maps_.back().size.width;
  for (std::int64_t b = 0; b < range.count; ++b, images += pixels * channels) {
    (*layers_[last].spread)(values(last) + b * maps_[last].numbers(), scratch.spread, images);
    add_bias(layers_[last].bias.data(), channels, pixels, images);
  }
}

void TransposedNetwork::backward(Activations& activations, Scratch& scratch, ImageRange range, const float* gradient,
                                 bool weights, float* dx) const {
  put(gradient, maps_.back().channels, maps_.back(), range.count, scratch.gradient.data());
  const float* of_output = scratch.gradient.data();
  for (std::size_t l = layers_.size(); l-- > 0;) {
    LayerMemory<float>& memory = activations.inputs[l];
    const std::int64_t first = range.first * maps_[l].numbers();
    float* const input = memory.values.data() + first;
    if (weights) {
      GradientSums& sums = scratch.sums(*this, l);
      std::visit(
          [&](const auto& outer) {
            outer.add(of_output, input, range.count, sums.weights.data(), nullptr, scratch.winograd);
          },
          layers_[l].outer);
      add_positions(of_output, maps_[l + 1], range.count, sums.bias.data());
    }
    if (l == 0 && dx == nullptr) return;
    float* const of_input = layers_[l].keeps_derivative ? memory.derivatives.data() + first : input;
    multiply(layers_[l].backward.product(), of_output, of_input, of_input, range.count, 0, scratch.winograd);
    of_output = of_input;
  }
  get(of_output, layers_.front().shape.out_channels, maps_.front(), range.count, dx);
}

void TransposedNetwork::take_gradients(Scratch& scratch, std::size_t layer, float* weight, float* bias) const {
  const Layer& from = layers_[layer];
  scratch.sums(*this, layer).take(from.outer, from.shape, weight, from.shape.in_channels, bias);
}

}  // namespace cebm::kernels::cpu
