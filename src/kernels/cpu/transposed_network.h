// A feed-forward chain of transposed convolutions, forward and backward, in float32: no torch, and no graph.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/cpu/conv_kernels.h"
#include "kernels/cpu/conv_layer.h"
#include "kernels/cpu/feature_map.h"
#include "kernels/cpu/image_range.h"

namespace cebm::kernels::cpu {

/// From a small image to a large one. A layer is described by the convolution that it is the transpose of: in_channels
/// and `bias`, [in_channels], are those of its output, and the activation follows it. Weights are packed for one
/// instruction set. Between two calls of load() it is thread-safe if each thread has its own scratch and range. An
/// image's results do not depend on the rest of the batch, bit for bit.
class TransposedNetwork {
 public:
  /// What the backward pass needs of every layer's input.
  class Activations;
  /// A thread's working memory, including its sums of gradients.
  class Scratch;

  /// Throws std::invalid_argument unless the layers fit each other and the last one has no activation.
  TransposedNetwork(Extent start, std::span<const ConvLayer> layers, const ConvKernels& kernels);
  ~TransposedNetwork();
  TransposedNetwork(const TransposedNetwork&) = delete;
  TransposedNetwork& operator=(const TransposedNetwork&) = delete;

  /// Packs new weights; false if the layers differ from its own in more than the weights.
  bool load(std::span<const ConvLayer> layers);

  std::shared_ptr<Activations> activations(std::int64_t images) const;
  /// For ranges of up to `images` images.
  std::shared_ptr<Scratch> scratch(std::int64_t images) const;

  /// Size of the images that come out.
  Extent size() const { return maps_.back().size; }
  /// x [count, H, W, C] dense -> images [count, H', W', C'] dense, for the images of the range.
  void forward(Activations& activations, Scratch& scratch, ImageRange range, const float* x, float* images) const;
  /// After forward() for the same range: from the gradient with respect to the images, dense, adds those with respect
  /// to weights and biases to the scratch's sums if `weights`, and writes that with respect to x to `dx` unless it is
  /// null. Overwrites the activations.
  void backward(Activations& activations, Scratch& scratch, ImageRange range, const float* gradient, bool weights,
                float* dx) const;
  /// Adds a layer's sums to `weight` and `bias`, shaped as above, and makes them zero.
  void take_gradients(Scratch& scratch, std::size_t layer, float* weight, float* bias) const;

 private:
  struct Layer;

  std::vector<FeatureMap> maps_;  ///< x, then every layer's output
  std::vector<Layer> layers_;
};

}  // namespace cebm::kernels::cpu
