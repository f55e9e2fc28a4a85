#include "kernels/cpu/conv_network.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "kernels/activation.h"
#include "kernels/rounding.h"

namespace cebm::kernels::cpu {

namespace {

/// Numbers of a row that Summation::by_parts adds up at a time.
constexpr std::int64_t kPart = 64;

std::int64_t padded(std::int64_t channels) {
  return (channels + column_multiple - 1) / column_multiple * column_multiple;
}

std::vector<FeatureMap> maps_of(Extent image, std::span<const ConvLayer> layers) {
  if (layers.empty()) throw std::invalid_argument("convolutions: expected at least one layer, found none");
  std::vector<FeatureMap> maps{{.size = image, .channels = layers.front().in_channels, .before = {}, .after = {}}};
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const std::int64_t channels = l == 0 ? layers[0].in_channels : layers[l - 1].out_channels;
    const Extent size = output_size(maps.back().size, layers[l].window);
    if (layers[l].in_channels != channels || size.height < 1 || size.width < 1) {
      throw std::invalid_argument("convolutions: layer " + std::to_string(l) + " does not fit what comes before it");
    }
    maps.push_back({.size = size, .channels = padded(layers[l].out_channels), .before = {}, .after = {}});
    widen_borders(layers[l].window, maps[l], maps[l + 1]);
  }
  if (maps.back().size.height != 1 || maps.back().size.width != 1 || layers.back().activation) {
    throw std::invalid_argument("convolutions: expected a last layer with one position and no activation");
  }
  return maps;
}

/// Rows of a layer's weights; those of channels that pad a map are zero.
class Weights {
 public:
  explicit Weights(const ConvLayer& layer)
      : layer_(layer), taps_(layer.window.kernel.height * layer.window.kernel.width) {}

  /// weight[:][i][tap].
  void outputs(std::int64_t i, std::int64_t tap, float* row) const {
    const bool inside = i < layer_.in_channels;
    for (std::int64_t o = 0; o < layer_.out_channels; ++o) row[o] = inside ? at(o, i, tap) : 0.0F;
  }
  /// weight[o][:][tap].
  void inputs(std::int64_t o, std::int64_t tap, float* row) const {
    const bool inside = o < layer_.out_channels;
    for (std::int64_t i = 0; i < layer_.in_channels; ++i) row[i] = inside ? at(o, i, tap) : 0.0F;
  }

 private:
  float at(std::int64_t o, std::int64_t i, std::int64_t tap) const {
    return layer_.weight[(o * layer_.in_channels + i) * taps_ + tap];
  }

  const ConvLayer& layer_;
  std::int64_t taps_;
};

struct Epilogues {
  Epilogue forward, gradient;
};

Epilogues epilogues_of(const std::optional<KernelActivation>& activation) {
  if (!activation) return {Epilogue::plain, Epilogue::plain};
  switch (activation->kind) {
    case Nonlinearity::leaky_relu:
      return {Epilogue::leaky_relu, Epilogue::leaky_relu_gradient};
    case Nonlinearity::silu:
      return {Epilogue::silu, Epilogue::stored_gradient};
  }
  throw std::invalid_argument("convolutions: expected an activation that the kernels compute");
}

float slope_of(const ConvLayer& layer) { return layer.activation ? layer.activation->slope : 0.0F; }

PackedProduct forward_product(const ConvKernels& kernels, Precision precision, const ConvLayer& layer,
                              const FeatureMap& input, const FeatureMap& output) {
  const Weights weights(layer);
  PackedProduct product(
      kernels, precision, convolution_rows(layer.window, input, output), layer.out_channels,
      [&](std::int64_t k, float* row) { weights.outputs(k % input.channels, k / input.channels, row); });
  product.set_strides(input.numbers(), output.numbers());
  product.set_bias(layer.bias, layer.out_channels);
  product.set_epilogue(epilogues_of(layer.activation).forward, slope_of(layer));
  return product;
}

/// Gradient with respect to the input, a product for each phase of the stride; `before` made the input.
std::vector<PackedProduct> backward_products(const ConvKernels& kernels, Precision precision, const ConvLayer& layer,
                                             const ConvLayer& before, const FeatureMap& input,
                                             const FeatureMap& output) {
  const Weights weights(layer);
  const Extent stride = layer.window.stride;
  std::vector<PackedProduct> products;
  for (Extent phase; phase.height < stride.height; ++phase.height) {
    for (phase.width = 0; phase.width < stride.width; ++phase.width) {
      const Extent taps = phase_taps(layer.window, phase);
      PackedProduct product(kernels, precision, transposed_rows(layer.window, input, output, phase), layer.in_channels,
                            [&](std::int64_t k, float* row) {
                              const std::int64_t tap = k / output.channels;
                              const std::int64_t up = taps.height - 1 - tap / taps.width;
                              const std::int64_t left = taps.width - 1 - tap % taps.width;
                              const std::int64_t y = phase.height + up * stride.height;
                              const std::int64_t x = phase.width + left * stride.width;
                              weights.inputs(k % output.channels, y * layer.window.kernel.width + x, row);
                            });
      product.set_strides(output.numbers(), input.numbers());
      product.set_epilogue(epilogues_of(before.activation).gradient, slope_of(before));
      products.push_back(std::move(product));
    }
  }
  return products;
}

/// What each output position of the first layer sends to each place of its window: [position][kernel][channels].
PackedProduct spread_product(const ConvKernels& kernels, Precision precision, const ConvLayer& layer,
                             const FeatureMap& output) {
  const Weights weights(layer);
  const Extent kernel = layer.window.kernel;
  const std::int64_t columns = kernel.height * kernel.width * layer.in_channels;
  PackedProduct product(kernels, precision, position_rows(output, padded(columns)), columns,
                        [&](std::int64_t o, float* row) {
                          for (std::int64_t tap = 0; tap < kernel.height * kernel.width; ++tap) {
                            weights.inputs(o, tap, row + tap * layer.in_channels);
                          }
                        });
  product.set_strides(output.numbers(), 0);
  return product;
}

/// The type that is in use; the other stays empty.
template <class Number>
struct MapBuffers {
  std::vector<AlignedArray<Number>> values;       ///< activations; of a leaky ReLU, later their gradients
  std::vector<AlignedArray<Number>> derivatives;  ///< of the activations that need them; later their gradients
};

}  // namespace

struct ConvNetwork::Layer {
  PackedProduct forward;
  std::vector<PackedProduct> backward;  ///< of the first layer: one that spreads the gradient over the windows
  Window window;
  std::int64_t in_channels = 0;
  std::int64_t out_channels = 0;
  bool keeps_derivative = false;
};

class ConvNetwork::Gradients {
 public:
  explicit Gradients(const ConvNetwork& network) {
    for (const Layer& layer : network.layers_) {
      weights.emplace_back(static_cast<std::size_t>(layer.forward.depth() * layer.forward.columns()));
      biases.emplace_back(static_cast<std::size_t>(layer.forward.columns()));
    }
  }

  std::vector<AlignedArray<float>> weights;
  std::vector<AlignedArray<float>> biases;
};

class ConvNetwork::Workspace {
 public:
  Workspace(const ConvNetwork& network, std::int64_t count) : images(count) {
    const auto all = [&](std::int64_t numbers) { return static_cast<std::size_t>(count * numbers); };
    image = AlignedArray<float>(all(network.maps_.front().numbers()));
    outputs = AlignedArray<float>(all(network.maps_.back().numbers()));
    spread = AlignedArray<float>(static_cast<std::size_t>(network.maps_[1].size.height * network.maps_[1].size.width *
                                                          network.layers_.front().backward.front().columns()));
    image_gradient = AlignedArray<float>(static_cast<std::size_t>(network.maps_.front().numbers()));
    if (network.precision_ == Precision::float32) {
      allocate(network, count, float32);
    } else {
      allocate(network, count, narrow);
    }
  }

  template <class Number>
  MapBuffers<Number>& buffers() {
    if constexpr (std::is_same_v<Number, float>) {
      return float32;
    } else {
      return narrow;
    }
  }

  std::int64_t images;
  AlignedArray<float> image;
  AlignedArray<float> outputs;
  AlignedArray<float> spread;          ///< of one image
  AlignedArray<float> image_gradient;  ///< of one image

 private:
  template <class Number>
  static void allocate(const ConvNetwork& network, std::int64_t count, MapBuffers<Number>& buffers) {
    for (std::size_t l = 0; l < network.layers_.size(); ++l) {
      const auto numbers = static_cast<std::size_t>(count * network.maps_[l + 1].numbers());
      buffers.values.emplace_back(numbers);
      buffers.derivatives.emplace_back(network.layers_[l].keeps_derivative ? numbers : 0);
    }
  }

  MapBuffers<float> float32;
  MapBuffers<Bfloat16> narrow;
};

ConvNetwork::ConvNetwork(Extent image, std::span<const ConvLayer> layers, Precision precision,
                         const ConvKernels& kernels)
    : precision_(precision), outputs_(layers.empty() ? 0 : layers.back().out_channels), maps_(maps_of(image, layers)) {
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const ConvLayer& layer = layers[l];
    const FeatureMap& input = maps_[l];
    const FeatureMap& output = maps_[l + 1];
    std::vector<PackedProduct> backward;
    if (l == 0) {
      backward.push_back(spread_product(kernels, precision, layer, output));
    } else {
      backward = backward_products(kernels, precision, layer, layers[l - 1], input, output);
    }
    // The images are float32, and their first convolution is a small part of the work.
    layers_.push_back({forward_product(kernels, l == 0 ? Precision::float32 : precision, layer, input, output),
                       std::move(backward), layer.window, layer.in_channels, layer.out_channels,
                       layer.activation && !keeps_values(layer.activation->kind)});
  }
}

ConvNetwork::~ConvNetwork() = default;

std::shared_ptr<ConvNetwork::Workspace> ConvNetwork::workspace(std::int64_t images) const {
  return std::make_shared<Workspace>(*this, images);
}

void ConvNetwork::forward(Workspace& workspace, const float* x, std::int64_t images, float* outputs,
                          Summation summation) const {
  if (images > workspace.images)
    throw std::invalid_argument("convolutions: more images than the workspace has room for");
  const FeatureMap& image = maps_.front();
  const std::int64_t row = image.size.width * image.channels;
  for (std::int64_t b = 0; b < images; ++b) {
    for (std::int64_t y = 0; y < image.size.height; ++y, x += row) {
      std::copy_n(x, row, workspace.image.data() + b * image.numbers() + image.offset(y, 0));
    }
  }
  if (precision_ == Precision::float32) {
    forward_layers<float>(workspace, images, summation == Summation::by_parts ? kPart : 0);
  } else {
    forward_layers<Bfloat16>(workspace, images, 0);
  }
  const FeatureMap& last = maps_.back();
  for (std::int64_t b = 0; b < images; ++b) {
    std::copy_n(workspace.outputs.data() + b * last.numbers() + last.offset(0, 0), outputs_, outputs + b * outputs_);
  }
}

template <class Number>
void ConvNetwork::forward_layers(Workspace& workspace, std::int64_t images, std::int64_t part) const {
  auto& [values, derivatives] = workspace.buffers<Number>();
  const std::size_t last = layers_.size() - 1;
  const auto run = [&](std::size_t l, const auto* in, auto* out, auto* companion) {
    if constexpr (std::is_same_v<decltype(in), const float*> && std::is_same_v<decltype(out), float*>) {
      layers_[l].forward(in, out, companion, images, part);
    } else {
      layers_[l].forward(in, out, companion, images);
    }
  };
  const auto layer = [&](std::size_t l, const auto* in) {
    if (l == last) return run(l, in, workspace.outputs.data(), static_cast<float*>(nullptr));
    run(l, in, values[l].data(), derivatives[l].data());
  };
  layer(0, std::as_const(workspace.image).data());
  for (std::size_t l = 1; l <= last; ++l) layer(l, std::as_const(values[l - 1]).data());
}

template <class Number, class Visit>
void ConvNetwork::backward_layers(Workspace& workspace, const float* gradient, std::int64_t images,
                                  const Visit& visit) const {
  auto& [values, derivatives] = workspace.buffers<Number>();
  const FeatureMap& last = maps_.back();
  for (std::int64_t b = 0; b < images; ++b) {
    Number* const to = values.back().data() + b * last.numbers() + last.offset(0, 0);
    for (std::int64_t f = 0; f < outputs_; ++f) assign(to[f], gradient[b * outputs_ + f]);
  }
  // Gradients take the place of what their own computation read last.
  const auto gradient_of = [&](std::size_t l) {
    return layers_[l].keeps_derivative ? derivatives[l].data() : values[l].data();
  };
  for (std::size_t l = layers_.size() - 1; l > 0; --l) {
    visit(l, gradient_of(l));
    for (const PackedProduct& phase : layers_[l].backward) {
      phase(gradient_of(l), gradient_of(l - 1), static_cast<Number*>(nullptr), images);
    }
  }
  visit(0, gradient_of(0));
}

void ConvNetwork::backward(Workspace& workspace, const float* gradient, std::int64_t images, float* dx) const {
  const std::int64_t pixels = maps_[0].size.height * maps_[0].size.width * maps_[0].channels;
  const auto spread = [&](std::size_t l, const auto* of_output) {
    if (l > 0) return;
    for (std::int64_t b = 0; b < images; ++b) {
      layers_[0].backward.front()(of_output + b * maps_[1].numbers(), workspace.spread.data(),
                                  static_cast<float*>(nullptr), 1);
      gather(workspace, dx + b * pixels);
    }
  };
  if (precision_ == Precision::float32) {
    backward_layers<float>(workspace, gradient, images, spread);
  } else {
    backward_layers<Bfloat16>(workspace, gradient, images, spread);
  }
}

std::shared_ptr<ConvNetwork::Gradients> ConvNetwork::gradients() const { return std::make_shared<Gradients>(*this); }

void ConvNetwork::add_gradients(Workspace& workspace, const float* gradient, std::int64_t images,
                                Gradients& sums) const {
  if (precision_ != Precision::float32) throw std::logic_error("convolutions: weights are trained in float32");
  const auto& values = workspace.buffers<float>().values;
  backward_layers<float>(workspace, gradient, images, [&](std::size_t l, const float* of_output) {
    const float* const in = l == 0 ? workspace.image.data() : values[l - 1].data();
    layers_[l].forward.add_gradients(in, of_output, sums.weights[l].data(), sums.biases[l].data(), images);
  });
}

void ConvNetwork::merge(Gradients& into, const Gradients& from) {
  const auto add = [](AlignedArray<float>& to, const AlignedArray<float>& other) {
    for (std::size_t i = 0; i < to.size(); ++i) to.data()[i] += other.data()[i];
  };
  for (std::size_t l = 0; l < into.weights.size(); ++l) {
    add(into.weights[l], from.weights[l]);
    add(into.biases[l], from.biases[l]);
  }
}

void ConvNetwork::unpack(const Gradients& sums, std::size_t layer, float* weight, float* bias) const {
  const Layer& from = layers_[layer];
  const std::int64_t channels = maps_[layer].channels;
  const std::int64_t columns = from.forward.columns();
  const std::int64_t taps = from.window.kernel.height * from.window.kernel.width;
  for (std::int64_t o = 0; o < from.out_channels; ++o) {
    for (std::int64_t i = 0; i < from.in_channels; ++i) {
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        *weight++ += sums.weights[layer].data()[(tap * channels + i) * columns + o];
      }
    }
    *bias++ += sums.biases[layer].data()[o];
  }
}

void ConvNetwork::gather(Workspace& workspace, float* dx) const {
  const FeatureMap& image = maps_.front();
  const Window& window = layers_.front().window;
  const std::int64_t columns = layers_.front().backward.front().columns();
  const std::int64_t run = window.kernel.width * image.channels;
  float* const sums = workspace.image_gradient.data();
  std::fill_n(sums, image.numbers(), 0.0F);
  const float* from = workspace.spread.data();
  for (std::int64_t y = 0; y < maps_[1].size.height; ++y) {
    for (std::int64_t x = 0; x < maps_[1].size.width; ++x, from += columns) {
      float* to =
          sums + image.offset(y * window.stride.height - window.padding, x * window.stride.width - window.padding);
      for (std::int64_t tap = 0; tap < window.kernel.height; ++tap, to += image.row_stride()) {
        for (std::int64_t i = 0; i < run; ++i) to[i] += from[tap * run + i];
      }
    }
  }
  const std::int64_t row = image.size.width * image.channels;
  for (std::int64_t y = 0; y < image.size.height; ++y, dx += row) std::copy_n(sums + image.offset(y, 0), row, dx);
}

}  // namespace cebm::kernels::cpu
