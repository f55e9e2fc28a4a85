#include "kernels/cpu/layer_products.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace cebm::kernels::cpu {

namespace {

/// weight[:][i] or weight[o][:] of a layer for every tap, with the channels side by side.
class Taps {
 public:
  explicit Taps(const ConvLayer& layer)
      : layer_(layer),
        most_(std::max(layer.in_channels, layer.out_channels)),
        rows_(static_cast<std::size_t>(layer.taps() * most_)) {}

  void load_input(std::int64_t i) {
    load(layer_.weight + i * layer_.taps(), layer_.in_channels * layer_.taps(), layer_.out_channels);
  }
  void load_output(std::int64_t o) {
    load(layer_.weight + o * layer_.in_channels * layer_.taps(), layer_.taps(), layer_.in_channels);
  }
  /// The weights of tap (y, x) for the channel loaded last.
  const float* operator()(std::int64_t y, std::int64_t x) const {
    return rows_.data() + (y * layer_.window.kernel.width + x) * most_;
  }

 private:
  void load(const float* from, std::int64_t stride, std::int64_t count) {
    const std::int64_t taps = layer_.taps();
    for (std::int64_t n = 0; n < count; ++n, from += stride) {
      for (std::int64_t tap = 0; tap < taps; ++tap) rows_[static_cast<std::size_t>(tap * most_ + n)] = from[tap];
    }
  }

  const ConvLayer& layer_;
  std::int64_t most_;
  std::vector<float> rows_;
};

/// Calls visit(y, x) for every position of an extent, in row-major order.
template <class Visit>
void for_places(Extent extent, const Visit& visit) {
  for (std::int64_t y = 0; y < extent.height; ++y) {
    for (std::int64_t x = 0; x < extent.width; ++x) visit(y, x);
  }
}

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

/// The grid, or null if minimal filtering cannot compute it in this precision.
std::optional<TapGrid> winograd_grid(Precision precision, std::optional<TapGrid> grid) {
  if (precision != Precision::float32 || !grid || !WinogradTiles::fit(*grid)) return std::nullopt;
  return grid;
}

template <class Product>
Product forward(Product product, const ConvLayer& layer, const FeatureMap& input, const FeatureMap& output) {
  product.set_strides(input.numbers(), output.numbers());
  product.set_epilogue(epilogues_of(layer.activation).forward, slope_of(layer));
  return product;
}

template <class Product>
Product backward(Product product, const ConvLayer& before, const FeatureMap& input, const FeatureMap& output) {
  product.set_strides(output.numbers(), input.numbers());
  product.set_epilogue(epilogues_of(before.activation).gradient, slope_of(before));
  return product;
}

PackedProduct packed_forward(const ConvKernels& kernels, Precision precision, const ConvLayer& layer,
                             const FeatureMap& input, const FeatureMap& output) {
  return forward(PackedProduct(kernels, precision, convolution_rows(layer.window, input, output), layer.out_channels),
                 layer, input, output);
}

MapProduct backward_product(const ConvKernels& kernels, Precision precision, const ConvLayer& layer,
                            const ConvLayer& before, const FeatureMap& input, const FeatureMap& output, Extent phase) {
  if (const auto grid = winograd_grid(precision, transposed_grid(layer.window, input, output, phase))) {
    return backward(WinogradProduct(kernels, *grid, layer.in_channels), before, input, output);
  }
  return backward(
      PackedProduct(kernels, precision, transposed_rows(layer.window, input, output, phase), layer.in_channels), before,
      input, output);
}

// The elements k of a forward product's rows are ordered [tap][channel] or, for minimal filtering, [phase][channel].

void load_input(PackedProduct& product, const ConvLayer& layer, const Taps& taps, std::int64_t k,
                std::int64_t channels) {
  for_places(layer.window.kernel, [&](std::int64_t y, std::int64_t x) {
    product.set_weights(k, taps(y, x));
    k += channels;
  });
}

void load_input(WinogradProduct& product, const ConvLayer& layer, const Taps& taps, std::int64_t k,
                std::int64_t channels) {
  const auto [down, right] = layer.window.stride;
  for_places(layer.window.stride, [&, down = down, right = right](std::int64_t y, std::int64_t x) {
    product.set_weights(k, {taps(y, x), taps(y, x + right), taps(y + down, x), taps(y + down, x + right)});
    k += channels;
  });
}

// A backward product's rows meet the taps of its phase from the last to the first.

void load_output(PackedProduct& product, const ConvLayer& layer, Extent phase, const Taps& taps, std::int64_t k,
                 std::int64_t channels) {
  const Extent count = phase_taps(layer.window, phase);
  const Extent stride = layer.window.stride;
  for_places(count, [&](std::int64_t v, std::int64_t h) {
    product.set_weights(k, taps(phase.height + (count.height - 1 - v) * stride.height,
                                phase.width + (count.width - 1 - h) * stride.width));
    k += channels;
  });
}

void load_output(WinogradProduct& product, const ConvLayer& layer, Extent phase, const Taps& taps, std::int64_t k,
                 std::int64_t /*channels*/) {
  const auto [down, right] = layer.window.stride;
  const auto [y, x] = phase;
  product.set_weights(k, {taps(y + down, x + right), taps(y + down, x), taps(y, x + right), taps(y, x)});
}

}  // namespace

ForwardProduct ForwardProduct::of_images(const ConvKernels& kernels, const ConvLayer& layer, const FeatureMap& input,
                                         const FeatureMap& output) {
  return {packed_forward(kernels, Precision::float32, layer, input, output), input.channels};
}

ForwardProduct ForwardProduct::of_map(const ConvKernels& kernels, Precision precision, const ConvLayer& layer,
                                      const FeatureMap& input, const FeatureMap& output) {
  if (const auto grid = winograd_grid(precision, convolution_grid(layer.window, input, output))) {
    return {forward(WinogradProduct(kernels, *grid, layer.out_channels), layer, input, output), input.channels};
  }
  return {packed_forward(kernels, precision, layer, input, output), input.channels};
}

void ForwardProduct::load_bias(const ConvLayer& layer) {
  std::visit([&](auto& product) { product.set_bias(layer.bias); }, product_);
}

void ForwardProduct::load(const ConvLayer& layer, Channels inputs) {
  Taps taps(layer);
  for (std::int64_t i = inputs.begin; i < inputs.end; ++i) {
    taps.load_input(i);
    std::visit([&](auto& product) { load_input(product, layer, taps, i, in_channels_); }, product_);
  }
}

BackwardProducts::BackwardProducts(const ConvKernels& kernels, Precision precision, const ConvLayer& layer,
                                   const ConvLayer& before, const FeatureMap& input, const FeatureMap& output)
    : out_channels_(output.channels) {
  for_places(layer.window.stride, [&](std::int64_t y, std::int64_t x) {
    phases_.push_back(backward_product(kernels, precision, layer, before, input, output, {y, x}));
  });
}

void BackwardProducts::load(const ConvLayer& layer, Channels outputs) {
  Taps taps(layer);
  for (std::int64_t o = outputs.begin; o < outputs.end; ++o) {
    taps.load_output(o);
    auto phase = phases_.begin();
    for_places(layer.window.stride, [&](std::int64_t y, std::int64_t x) {
      std::visit([&](auto& product) { load_output(product, layer, {y, x}, taps, o, out_channels_); }, *phase++);
    });
  }
}

PackedProduct spread_product(const ConvKernels& kernels, Precision precision, const ConvLayer& layer,
                             const FeatureMap& output) {
  const std::int64_t columns = layer.taps() * layer.in_channels;
  PackedProduct product(kernels, precision, position_rows(output, padded_columns(columns)), columns);
  product.set_strides(output.numbers(), 0);
  return product;
}

void load_spread(PackedProduct& product, const ConvLayer& layer, Channels outputs) {
  Taps taps(layer);
  std::vector<float> row(static_cast<std::size_t>(layer.taps() * layer.in_channels));
  for (std::int64_t o = outputs.begin; o < outputs.end; ++o) {
    taps.load_output(o);
    auto to = row.begin();
    for_places(layer.window.kernel,
               [&](std::int64_t y, std::int64_t x) { to = std::copy_n(taps(y, x), layer.in_channels, to); });
    product.set_weights(o, row.data());
  }
}

}  // namespace cebm::kernels::cpu
