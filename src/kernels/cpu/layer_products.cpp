#include "kernels/cpu/layer_products.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace cebm::kernels::cpu {

namespace {

Ending ending_of(const std::optional<KernelActivation>& activation, Epilogue leaky_relu, Epilogue silu) {
  if (!activation) return {};
  switch (activation->kind) {
    case Nonlinearity::leaky_relu:
      return {leaky_relu, activation->slope};
    case Nonlinearity::silu:
      return {silu, 0.0F};
  }
  throw std::invalid_argument("convolutions: expected an activation that the kernels compute");
}

/// The grid, or null if minimal filtering cannot compute it in this precision.
std::optional<TapGrid> winograd_grid(Precision precision, std::optional<TapGrid> grid) {
  if (precision != Precision::float32 || !grid || !WinogradTiles::fit(*grid)) return std::nullopt;
  return grid;
}

template <class Product>
Product finished(Product product, const FeatureMap& from, const FeatureMap& to, Ending ending) {
  product.set_strides(from.numbers(), to.numbers());
  product.set_epilogue(ending.epilogue, ending.slope);
  return product;
}

PackedProduct packed_forward(const ConvKernels& kernels, Precision precision, const ConvLayer& layer,
                             const FeatureMap& input, const FeatureMap& output, Ending ending) {
  return finished(PackedProduct(kernels, precision, convolution_rows(layer.window, input, output), layer.out_channels),
                  input, output, ending);
}

MapProduct backward_product(const ConvKernels& kernels, Precision precision, const ConvLayer& layer,
                            const FeatureMap& input, const FeatureMap& output, Extent phase, Ending ending) {
  if (const auto grid = winograd_grid(precision, transposed_grid(layer.window, input, output, phase))) {
    return finished(WinogradProduct(kernels, *grid, layer.in_channels), output, input, ending);
  }
  return finished(
      PackedProduct(kernels, precision, transposed_rows(layer.window, input, output, phase), layer.in_channels), output,
      input, ending);
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

void multiply(const MapProduct& product, const float* in, float* out, float* companion, std::int64_t images,
              std::int64_t part, WinogradScratch& scratch) {
  if (const auto* const direct = std::get_if<PackedProduct>(&product)) {
    (*direct)(in, out, companion, images, part);
  } else {
    std::get<WinogradProduct>(product)(in, out, companion, images, part, scratch);
  }
}

Ending activate(const std::optional<KernelActivation>& activation) {
  return ending_of(activation, Epilogue::leaky_relu, Epilogue::silu);
}

Ending pull_back(const std::optional<KernelActivation>& activation) {
  return ending_of(activation, Epilogue::leaky_relu_gradient, Epilogue::stored_gradient);
}

ForwardProduct ForwardProduct::of_images(const ConvKernels& kernels, const ConvLayer& layer, const FeatureMap& input,
                                         const FeatureMap& output, Ending ending) {
  return {packed_forward(kernels, Precision::float32, layer, input, output, ending), input.channels};
}

ForwardProduct ForwardProduct::of_map(const ConvKernels& kernels, Precision precision, const ConvLayer& layer,
                                      const FeatureMap& input, const FeatureMap& output, Ending ending) {
  if (const auto grid = winograd_grid(precision, convolution_grid(layer.window, input, output))) {
    return {finished(WinogradProduct(kernels, *grid, layer.out_channels), input, output, ending), input.channels};
  }
  return {packed_forward(kernels, precision, layer, input, output, ending), input.channels};
}

void ForwardProduct::load_bias(const float* bias) {
  std::visit([&](auto& product) { product.set_bias(bias); }, product_);
}

void ForwardProduct::load(const ConvLayer& layer, Channels inputs) {
  Taps taps(layer);
  for (std::int64_t i = inputs.begin; i < inputs.end; ++i) {
    taps.load_input(i);
    std::visit([&](auto& product) { load_input(product, layer, taps, i, in_channels_); }, product_);
  }
}

BackwardProducts::BackwardProducts(const ConvKernels& kernels, Precision precision, const ConvLayer& layer,
                                   const FeatureMap& input, const FeatureMap& output, Ending ending)
    : out_channels_(output.channels) {
  for_places(layer.window.stride, [&](std::int64_t y, std::int64_t x) {
    phases_.push_back(backward_product(kernels, precision, layer, input, output, {y, x}, ending));
  });
}

void BackwardProducts::load_bias(const float* bias) {
  for (MapProduct& phase : phases_) std::visit([&](auto& product) { product.set_bias(bias); }, phase);
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

}  // namespace cebm::kernels::cpu
