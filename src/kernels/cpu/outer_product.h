// The gradient of a layer's weights: outer products of its input windows with the gradient of its output.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "kernels/cpu/aligned_array.h"
#include "kernels/cpu/conv_kernels.h"
#include "kernels/cpu/conv_layer.h"
#include "kernels/cpu/feature_map.h"
#include "kernels/cpu/winograd_tiles.h"

namespace cebm::kernels::cpu {

/// Adds up the outer products position by position.
class DirectOuter {
 public:
  DirectOuter(const ConvKernels& kernels, const ConvLayer& layer, const FeatureMap& input, const FeatureMap& output);

  std::int64_t columns() const { return pass_.columns; }
  /// Number of sums, [kernel height][kernel width][input channel][columns].
  std::int64_t size() const { return pass_.segments * pass_.segment_length * pass_.columns; }
  /// Adds the images' gradients to the weights' `sums` and, unless it is null, to `bias`, [columns].
  void add(const float* in, const float* gradient, std::int64_t images, float* sums, float* bias,
           WinogradScratch& scratch) const;
  /// Writes the weight gradient of input channel i to `taps`, [tap][columns].
  void read(const float* sums, std::int64_t i, float* taps) const;

 private:
  const ConvKernels* kernels_;
  MapRows rows_;
  MatrixPass pass_;
  std::int64_t channels_;  ///< of the input, in memory
};

/// Adds them up by the transpose of minimal filtering: point by point; read() transforms the sums back.
class WinogradOuter {
 public:
  WinogradOuter(const ConvKernels& kernels, const TapGrid& grid, const ConvLayer& layer, const FeatureMap& input,
                const FeatureMap& output);

  std::int64_t columns() const { return tiles_.columns(); }
  /// Number of sums, [point][phase][input channel][columns].
  std::int64_t size() const { return std::ssize(passes_) * tiles_.depth() * tiles_.columns(); }
  void add(const float* in, const float* gradient, std::int64_t images, float* sums, float* bias,
           WinogradScratch& scratch) const;
  void read(const float* sums, std::int64_t i, float* taps) const;

 private:
  const ConvKernels* kernels_;
  WinogradTiles tiles_;
  std::vector<MatrixPass> passes_;  ///< at each point
  Window window_;
};

using OuterProduct = std::variant<DirectOuter, WinogradOuter>;

/// By minimal filtering where the layer allows it and the sums are few enough to stay in the cache; direct otherwise.
OuterProduct outer_product(const ConvKernels& kernels, const ConvLayer& layer, const FeatureMap& input,
                           const FeatureMap& output);

/// A layer's sums of gradients, at first zero.
struct GradientSums {
  GradientSums(const OuterProduct& outer, std::int64_t biases);
  /// Adds the sums to `weight`, shaped as in ConvLayer, and to `bias`, and makes them zero.
  void take(const OuterProduct& outer, const ConvLayer& shape, float* weight, std::int64_t biases, float* bias);

  AlignedArray<float> weights;
  AlignedArray<float> bias;
};

}  // namespace cebm::kernels::cpu
