// A feed-forward chain of convolutions, forward and backward: no torch, and no graph.
// A fully connected layer is a convolution whose kernel is the whole feature map.
#pragma once

#include <cebm/precision.h>

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

/// How a layer sums the products of an output position.
enum class Summation {
  plain,     ///< one long sum
  by_parts,  ///< sums of 64 numbers, added up: about half the rounding error, a few percent slower; float32 only
};

/// Weights packed for one instruction set. With Precision::bfloat16 activations and weights are bfloat16; sums, the
/// first layer's forward pass, the outputs, and the gradients with respect to images and outputs are float32 in either
/// case. Between two calls of load() it is thread-safe if each thread has its own scratch and range. An image's results
/// do not depend on the rest of the batch, bit for bit.
class ConvNetwork {
 public:
  /// What the backward pass needs of every layer but the first.
  class Activations;
  /// A thread's working memory, including the first layer's activations and the sums of gradients.
  class Scratch;

  /// Throws std::invalid_argument unless the layers fit each other and the last one gives a single position without
  /// an activation.
  ConvNetwork(Extent image, std::span<const ConvLayer> layers, Precision precision, const ConvKernels& kernels);
  ~ConvNetwork();
  ConvNetwork(const ConvNetwork&) = delete;
  ConvNetwork& operator=(const ConvNetwork&) = delete;

  /// Packs new weights in OpenMP's threads; false if the layers differ from its own in more than the weights.
  bool load(std::span<const ConvLayer> layers);

  std::shared_ptr<Activations> activations(std::int64_t images) const;
  /// Bytes that the activations of one image take.
  std::int64_t activation_bytes() const;
  /// For ranges of up to `images` images.
  std::shared_ptr<Scratch> scratch(std::int64_t images) const;

  /// F, the last layer's channels.
  std::int64_t outputs() const { return outputs_; }
  /// x [count, H, W, C] dense -> outputs [count, F] dense, for the images of the range.
  void forward(Activations& activations, Scratch& scratch, ImageRange range, const float* x, float* outputs,
               Summation summation = Summation::plain) const;
  /// After forward() for the same range and scratch: gradient with respect to the outputs, [count, F], -> gradient with
  /// respect to x, [count, H, W, C]. Overwrites the activations.
  void backward(Activations& activations, Scratch& scratch, ImageRange range, const float* gradient, float* dx) const;

  /// After forward() for the range's images, in any ranges and with any scratch; float32 only: adds the gradients with
  /// respect to the weights to the scratch's sums. Overwrites the activations.
  void add_gradients(Activations& activations, Scratch& scratch, ImageRange range, const float* x,
                     const float* gradient) const;
  /// Adds a layer's sums to `weight` and `bias`, shaped as in ConvLayer, and resets the sums to zero.
  void take_gradients(Scratch& scratch, std::size_t layer, float* weight, float* bias) const;

 private:
  struct Layer;
  template <class Number>
  struct Maps;
  template <class Number>
  Maps<Number> maps_of(Activations& activations, Scratch& scratch, ImageRange range) const;
  void copy_images(Scratch& scratch, std::int64_t images, const float* x) const;
  /// Layers from `begin` up to `end`.
  template <class Number>
  void forward_layers(Activations& activations, Scratch& scratch, ImageRange range, std::size_t begin, std::size_t end,
                      std::int64_t part) const;
  /// Calls visit(l, the gradient with respect to layer l's sums) for every layer, the last first.
  template <class Number, class Visit>
  void backward_layers(Activations& activations, Scratch& scratch, ImageRange range, const float* gradient,
                       const Visit& visit) const;
  /// Computes the gradient with respect to the images from the gradient with respect to the first layer's sums.
  template <class Number>
  void backward_images(const Number* gradient, Scratch& scratch, std::int64_t images, float* dx) const;

  Precision precision_;
  std::int64_t outputs_ = 0;
  std::vector<FeatureMap> maps_;  ///< the images, then every layer's output
  std::vector<Layer> layers_;
};

}  // namespace cebm::kernels::cpu
