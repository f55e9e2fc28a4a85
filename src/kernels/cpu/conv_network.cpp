#include "kernels/cpu/conv_network.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "kernels/activation.h"
#include "kernels/cpu/for_each_index.h"
#include "kernels/cpu/layer_memory.h"
#include "kernels/cpu/layer_products.h"
#include "kernels/cpu/outer_product.h"
#include "kernels/cpu/spread.h"
#include "kernels/rounding.h"

namespace cebm::kernels::cpu {

namespace {

/// Numbers of a row that Summation::by_parts adds up at a time.
constexpr std::int64_t kPart = 64;

/// Channels whose weights a thread packs at a time.
constexpr std::int64_t kChannels = 16;

std::vector<FeatureMap> feature_maps(Extent image, std::span<const ConvLayer> layers) {
  if (layers.empty()) throw std::invalid_argument("convolutions: expected at least one layer, found none");
  std::vector<FeatureMap> maps{{.size = image, .channels = layers.front().in_channels, .before = {}, .after = {}}};
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const std::int64_t channels = l == 0 ? layers[0].in_channels : layers[l - 1].out_channels;
    const Extent size = output_size(maps.back().size, layers[l].window);
    if (layers[l].in_channels != channels || size.height < 1 || size.width < 1) {
      throw std::invalid_argument("convolutions: layer " + std::to_string(l) + " does not fit what comes before it");
    }
    maps.push_back({.size = size, .channels = padded_columns(layers[l].out_channels), .before = {}, .after = {}});
    widen_borders(layers[l].window, maps[l], maps[l + 1]);
  }
  if (maps.back().size.height != 1 || maps.back().size.width != 1 || layers.back().activation) {
    throw std::invalid_argument("convolutions: expected a last layer with one position and no activation");
  }
  return maps;
}

/// Only memory of the network's own precision is allocated.
template <class Number>
using LayerMemories = std::vector<LayerMemory<Number>>;

/// Minimal filtering exists in float32 only, so these types have a PackedProduct.
template <class In, class Out>
void multiply(const MapProduct& product, const In* in, Out* out, Out* companion, std::int64_t images,
              std::int64_t /*part*/, WinogradScratch& /*scratch*/) {
  std::get<PackedProduct>(product)(in, out, companion, images);
}

}  // namespace

struct ConvNetwork::Layer {
  ForwardProduct forward;
  std::optional<BackwardProducts> backward;  ///< not of the first layer
  std::optional<Spread> spread;              ///< of the first layer
  OuterProduct outer;
  ConvLayer shape;  ///< its pointers are no longer valid
  bool keeps_derivative = false;
};

/// Where the images of a range lie in the memory of every layer's output.
template <class Number>
struct ConvNetwork::Maps {
  Number* values(std::size_t l) const { return of_layer[l].first; }
  Number* derivatives(std::size_t l) const { return of_layer[l].second; }
  /// With respect to layer l's sums. Overwrites the array that its own computation reads last.
  Number* gradient(std::size_t l) const { return derivatives(l) != nullptr ? derivatives(l) : values(l); }

  std::vector<std::pair<Number*, Number*>> of_layer;
};

class ConvNetwork::Activations {
 public:
  Activations(const ConvNetwork& network, std::int64_t count)
      : images(count), outputs(static_cast<std::size_t>(count * network.maps_.back().numbers())) {
    for (std::size_t l = 1; l < network.layers_.size(); ++l) {
      const std::int64_t numbers = count * network.maps_[l + 1].numbers();
      const bool derivative = network.layers_[l].keeps_derivative;
      if (network.precision_ == Precision::float32) {
        of_type<float>().emplace_back(numbers, derivative);
      } else {
        of_type<Bfloat16>().emplace_back(numbers, derivative);
      }
    }
  }

  template <class Number>
  LayerMemories<Number>& of_type() {
    return std::get<LayerMemories<Number>>(layers_);
  }

  std::int64_t images;
  AlignedArray<float> outputs;

 private:
  std::tuple<LayerMemories<float>, LayerMemories<Bfloat16>> layers_;
};

class ConvNetwork::Scratch {
 public:
  Scratch(const ConvNetwork& network, std::int64_t count)
      : images(count),
        image(static_cast<std::size_t>(count * network.maps_.front().numbers())),
        spread(network.layers_.front().spread->scratch()) {
    const std::int64_t numbers = count * network.maps_[1].numbers();
    const bool derivative = network.layers_.front().keeps_derivative;
    if (network.precision_ == Precision::float32) {
      of_type<float>().emplace(numbers, derivative);
    } else {
      of_type<Bfloat16>().emplace(numbers, derivative);
    }
  }

  template <class Number>
  std::optional<LayerMemory<Number>>& of_type() {
    return std::get<std::optional<LayerMemory<Number>>>(first_layer_);
  }

  GradientSums& sums(const ConvNetwork& network, std::size_t layer) {
    for (std::size_t l = sums_.size(); l < network.layers_.size(); ++l) {
      sums_.emplace_back(network.layers_[l].outer, network.layers_[l].shape.out_channels);
    }
    return sums_[layer];
  }

  std::int64_t images;
  AlignedArray<float> image;
  Spread::Scratch spread;
  WinogradScratch winograd;

 private:
  std::tuple<std::optional<LayerMemory<float>>, std::optional<LayerMemory<Bfloat16>>> first_layer_;
  std::vector<GradientSums> sums_;
};

ConvNetwork::ConvNetwork(Extent image, std::span<const ConvLayer> layers, Precision precision,
                         const ConvKernels& kernels)
    : precision_(precision),
      outputs_(layers.empty() ? 0 : layers.back().out_channels),
      maps_(feature_maps(image, layers)) {
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const ConvLayer& layer = layers[l];
    const FeatureMap& input = maps_[l];
    const FeatureMap& output = maps_[l + 1];
    const bool keeps_derivative = layer.activation && !keeps_values(layer.activation->kind);
    OuterProduct outer = outer_product(kernels, layer, input, output);
    const Ending activated = activate(layer.activation);
    if (l == 0) {
      // The images are float32, and their first convolution is a small part of the work.
      layers_.push_back({ForwardProduct::of_images(kernels, layer, input, output, activated), std::nullopt,
                         Spread(kernels, precision, layer, input, output), std::move(outer), layer, keeps_derivative});
    } else {
      const Ending pulled_back = pull_back(layers[l - 1].activation);
      layers_.push_back({ForwardProduct::of_map(kernels, precision, layer, input, output, activated),
                         BackwardProducts(kernels, precision, layer, input, output, pulled_back), std::nullopt,
                         std::move(outer), layer, keeps_derivative});
    }
  }
  load(layers);
}

ConvNetwork::~ConvNetwork() = default;

bool ConvNetwork::load(std::span<const ConvLayer> layers) {
  const auto is_like = [](const Layer& layer, const ConvLayer& other) { return layer.shape.is_like(other); };
  if (!std::equal(layers_.begin(), layers_.end(), layers.begin(), layers.end(), is_like)) return false;
  std::vector<std::function<void()>> parts;
  const auto add = [&](std::int64_t channels, const auto& part) {
    for (std::int64_t begin = 0; begin < channels; begin += kChannels) {
      parts.emplace_back([=] { part(Channels{begin, std::min(begin + kChannels, channels)}); });
    }
  };
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer& to = layers_[l];
    const ConvLayer& from = layers[l];
    to.forward.load_bias(from.bias);
    add(from.in_channels, [&to, &from](Channels inputs) { to.forward.load(from, inputs); });
    if (to.spread) add(from.out_channels, [&to, &from](Channels outputs) { to.spread->load(from, outputs); });
    if (to.backward) add(from.out_channels, [&to, &from](Channels outputs) { to.backward->load(from, outputs); });
  }
  for_each_index(std::ssize(parts), [&](std::int64_t i) { parts[static_cast<std::size_t>(i)](); });
  return true;
}

std::shared_ptr<ConvNetwork::Activations> ConvNetwork::activations(std::int64_t images) const {
  return std::make_shared<Activations>(*this, images);
}

std::int64_t ConvNetwork::activation_bytes() const {
  std::int64_t numbers = 0;
  for (std::size_t l = 1; l < layers_.size(); ++l) {
    numbers += maps_[l + 1].numbers() * (layers_[l].keeps_derivative ? 2 : 1);
  }
  return numbers * static_cast<std::int64_t>(precision_ == Precision::float32 ? sizeof(float) : sizeof(Bfloat16));
}

std::shared_ptr<ConvNetwork::Scratch> ConvNetwork::scratch(std::int64_t images) const {
  return std::make_shared<Scratch>(*this, images);
}

template <class Number>
ConvNetwork::Maps<Number> ConvNetwork::maps_of(Activations& activations, Scratch& scratch, ImageRange range) const {
  if (range.count > scratch.images || range.first + range.count > activations.images)
    throw std::invalid_argument("convolutions: more images than there is room for");
  Maps<Number> maps;
  const auto add = [&](LayerMemory<Number>& memory, std::int64_t offset) {
    const bool has_derivatives = memory.derivatives.size() > 0;
    maps.of_layer.emplace_back(memory.values.data() + offset,
                               has_derivatives ? memory.derivatives.data() + offset : nullptr);
  };
  add(*scratch.of_type<Number>(), 0);
  for (std::size_t l = 1; l < layers_.size(); ++l) {
    add(activations.of_type<Number>()[l - 1], range.first * maps_[l + 1].numbers());
  }
  return maps;
}

void ConvNetwork::copy_images(Scratch& scratch, std::int64_t images, const float* x) const {
  const FeatureMap& image = maps_.front();
  const std::int64_t row = image.size.width * image.channels;
  for (std::int64_t b = 0; b < images; ++b) {
    for (std::int64_t y = 0; y < image.size.height; ++y, x += row) {
      std::copy_n(x, row, scratch.image.data() + b * image.numbers() + image.offset(y, 0));
    }
  }
}

void ConvNetwork::forward(Activations& activations, Scratch& scratch, ImageRange range, const float* x, float* outputs,
                          Summation summation) const {
  copy_images(scratch, range.count, x);
  if (precision_ == Precision::float32) {
    const std::int64_t part = summation == Summation::by_parts ? kPart : 0;
    forward_layers<float>(activations, scratch, range, 0, layers_.size(), part);
  } else {
    forward_layers<Bfloat16>(activations, scratch, range, 0, layers_.size(), 0);
  }
  const FeatureMap& last = maps_.back();
  for (std::int64_t b = range.first; b < range.first + range.count; ++b, outputs += outputs_) {
    std::copy_n(activations.outputs.data() + b * last.numbers() + last.offset(0, 0), outputs_, outputs);
  }
}

template <class Number>
void ConvNetwork::forward_layers(Activations& activations, Scratch& scratch, ImageRange range, std::size_t begin,
                                 std::size_t end, std::int64_t part) const {
  const Maps<Number> maps = maps_of<Number>(activations, scratch, range);
  const std::size_t last = layers_.size() - 1;
  const auto layer = [&](std::size_t l, const auto* in) {
    const auto run = [&](auto* out, auto* companion) {
      multiply(layers_[l].forward.product(), in, out, companion, range.count, part, scratch.winograd);
    };
    if (l < last) return run(maps.values(l), maps.derivatives(l));
    run(activations.outputs.data() + range.first * maps_.back().numbers(), static_cast<float*>(nullptr));
  };
  for (std::size_t l = begin; l < end; ++l) {
    if (l == 0) {
      layer(l, std::as_const(scratch.image).data());
    } else {
      layer(l, static_cast<const Number*>(maps.values(l - 1)));
    }
  }
}

template <class Number, class Visit>
void ConvNetwork::backward_layers(Activations& activations, Scratch& scratch, ImageRange range, const float* gradient,
                                  const Visit& visit) const {
  const Maps<Number> maps = maps_of<Number>(activations, scratch, range);
  const FeatureMap& last = maps_.back();
  for (std::int64_t b = 0; b < range.count; ++b, gradient += outputs_) {
    Number* const to = maps.gradient(layers_.size() - 1) + b * last.numbers() + last.offset(0, 0);
    for (std::int64_t f = 0; f < outputs_; ++f) assign(to[f], gradient[f]);
  }
  for (std::size_t l = layers_.size() - 1; l > 0; --l) {
    const Number* const of_output = maps.gradient(l);
    visit(l, of_output);
    for (const MapProduct& phase : layers_[l].backward->phases()) {
      multiply(phase, of_output, maps.gradient(l - 1), maps.gradient(l - 1), range.count, 0, scratch.winograd);
    }
  }
  visit(0, static_cast<const Number*>(maps.gradient(0)));
}

void ConvNetwork::backward(Activations& activations, Scratch& scratch, ImageRange range, const float* gradient,
                           float* dx) const {
  const auto spread = [&](std::size_t l, const auto* of_output) {
    if (l == 0) backward_images(of_output, scratch, range.count, dx);
  };
  if (precision_ == Precision::float32) {
    backward_layers<float>(activations, scratch, range, gradient, spread);
  } else {
    backward_layers<Bfloat16>(activations, scratch, range, gradient, spread);
  }
}

template <class Number>
void ConvNetwork::backward_images(const Number* gradient, Scratch& scratch, std::int64_t images, float* dx) const {
  const std::int64_t pixels = maps_[0].size.height * maps_[0].size.width * maps_[0].channels;
  for (std::int64_t b = 0; b < images; ++b, gradient += maps_[1].numbers(), dx += pixels) {
    (*layers_.front().spread)(gradient, scratch.spread, dx);
  }
}

void ConvNetwork::add_gradients(Activations& activations, Scratch& scratch, ImageRange range, const float* x,
                                const float* gradient) const {
  if (precision_ != Precision::float32) throw std::logic_error("convolutions: weights are trained in float32");
  // The first layer's activations are the largest and the cheapest, so they are recomputed rather than read from
  // memory.
  copy_images(scratch, range.count, x);
  forward_layers<float>(activations, scratch, range, 0, 1, 0);
  const Maps<float> maps = maps_of<float>(activations, scratch, range);
  backward_layers<float>(activations, scratch, range, gradient, [&](std::size_t l, const float* of_output) {
    GradientSums& sums = scratch.sums(*this, l);
    const float* const in = l == 0 ? scratch.image.data() : maps.values(l - 1);
    std::visit(
        [&](const auto& outer) {
          outer.add(in, of_output, range.count, sums.weights.data(), sums.bias.data(), scratch.winograd);
        },
        layers_[l].outer);
  });
}

void ConvNetwork::take_gradients(Scratch& scratch, std::size_t layer, float* weight, float* bias) const {
  const Layer& from = layers_[layer];
  scratch.sums(*this, layer).take(from.outer, from.shape, weight, from.shape.out_channels, bias);
}

}  // namespace cebm::kernels::cpu
