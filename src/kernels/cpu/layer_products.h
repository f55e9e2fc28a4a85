// The matrix products that a convolution and its gradient with respect to the input are made of.
#pragma once

#include <cebm/precision.h>

#include <variant>
#include <vector>

#include "kernels/cpu/conv_kernels.h"
#include "kernels/cpu/conv_layer.h"
#include "kernels/cpu/feature_map.h"
#include "kernels/cpu/packed_product.h"
#include "kernels/cpu/winograd_product.h"

namespace cebm::kernels::cpu {

/// By minimal filtering where the weights are float32 and every phase of the stride has two by two taps.
using MapProduct = std::variant<PackedProduct, WinogradProduct>;

/// Some channels of a layer, whose weights are packed by one thread.
struct Channels {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// A layer's activations from its input.
class ForwardProduct {
 public:
  /// For the images, whose channels are not padded: always a float32 PackedProduct.
  static ForwardProduct of_images(const ConvKernels& kernels, const ConvLayer& layer, const FeatureMap& input,
                                  const FeatureMap& output);
  static ForwardProduct of_map(const ConvKernels& kernels, Precision precision, const ConvLayer& layer,
                               const FeatureMap& input, const FeatureMap& output);

  const MapProduct& product() const { return product_; }
  void load_bias(const ConvLayer& layer);
  /// Packs the weights of some input channels.
  void load(const ConvLayer& layer, Channels inputs);

 private:
  ForwardProduct(MapProduct product, std::int64_t in_channels)
      : product_(std::move(product)), in_channels_(in_channels) {}

  MapProduct product_;
  std::int64_t in_channels_;  ///< in memory
};

/// Gradient with respect to a layer's input, a product for each phase of the stride; `before` is the preceding layer.
class BackwardProducts {
 public:
  BackwardProducts(const ConvKernels& kernels, Precision precision, const ConvLayer& layer, const ConvLayer& before,
                   const FeatureMap& input, const FeatureMap& output);

  const std::vector<MapProduct>& phases() const { return phases_; }
  /// Packs the weights of some output channels.
  void load(const ConvLayer& layer, Channels outputs);

 private:
  std::vector<MapProduct> phases_;  ///< in row-major order
  std::int64_t out_channels_;       ///< in memory
};

/// Each output position's contributions to the pixels of its window: [position][kernel][channels].
PackedProduct spread_product(const ConvKernels& kernels, Precision precision, const ConvLayer& layer,
                             const FeatureMap& output);
void load_spread(PackedProduct& product, const ConvLayer& layer, Channels outputs);

}  // namespace cebm::kernels::cpu
