// The matrix products that a convolution and its gradient with respect to the input are made of.
#pragma once

#include <cebm/precision.h>

#include <optional>
#include <variant>
#include <vector>

#include "kernels/cpu/conv_kernels.h"
#include "kernels/cpu/conv_layer.h"
#include "kernels/cpu/feature_map.h"
#include "kernels/cpu/packed_product.h"
#include "kernels/cpu/taps.h"
#include "kernels/cpu/winograd_product.h"

namespace cebm::kernels::cpu {

/// By minimal filtering where the weights are float32 and every phase of the stride has two by two taps.
using MapProduct = std::variant<PackedProduct, WinogradProduct>;

/// `part` as in PackedProduct, at each point of minimal filtering.
void multiply(const MapProduct& product, const float* in, float* out, float* companion, std::int64_t images,
              std::int64_t part, WinogradScratch& scratch);

/// What becomes of a product's sums.
struct Ending {
  Epilogue epilogue = Epilogue::plain;
  float slope = 0.0F;
};

/// The sums become activations; their derivatives go to the companion if the activations do not tell them.
Ending activate(const std::optional<KernelActivation>& activation);
/// The sums, gradients with respect to activations, become gradients with respect to what was activated.
Ending pull_back(const std::optional<KernelActivation>& activation);

/// The convolution of a layer's input.
class ForwardProduct {
 public:
  /// For images, whose channels are not padded: always a float32 PackedProduct.
  static ForwardProduct of_images(const ConvKernels& kernels, const ConvLayer& layer, const FeatureMap& input,
                                  const FeatureMap& output, Ending ending);
  static ForwardProduct of_map(const ConvKernels& kernels, Precision precision, const ConvLayer& layer,
                               const FeatureMap& input, const FeatureMap& output, Ending ending);

  const MapProduct& product() const { return product_; }
  /// One number for each output channel; without it, none is added.
  void load_bias(const float* bias);
  /// Packs the weights of some input channels.
  void load(const ConvLayer& layer, Channels inputs);

 private:
  ForwardProduct(MapProduct product, std::int64_t in_channels)
      : product_(std::move(product)), in_channels_(in_channels) {}

  MapProduct product_;
  std::int64_t in_channels_;  ///< in memory
};

/// The transpose of a layer's convolution, from its output to its input: a product for each phase of the stride.
class BackwardProducts {
 public:
  BackwardProducts(const ConvKernels& kernels, Precision precision, const ConvLayer& layer, const FeatureMap& input,
                   const FeatureMap& output, Ending ending);

  const std::vector<MapProduct>& phases() const { return phases_; }
  /// One number for each input channel; without it, none is added.
  void load_bias(const float* bias);
  /// Packs the weights of some output channels.
  void load(const ConvLayer& layer, Channels outputs);

 private:
  std::vector<MapProduct> phases_;  ///< in row-major order
  std::int64_t out_channels_;       ///< in memory
};

}  // namespace cebm::kernels::cpu
