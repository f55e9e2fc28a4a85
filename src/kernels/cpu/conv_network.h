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

namespace cebm::kernels::cpu {

/// How a layer adds up what a position sees.
enum class Summation {
  plain,     ///< one long sum
  by_parts,  ///< sums of 64 numbers, added up: about half of the rounding, a few percent slower. float32 networks only
};

/// Some of the images that Activations have room for.
struct ImageRange {
  std::int64_t first = 0;
  std::int64_t count = 0;
};

/// Weights packed for one instruction set. With Precision::bfloat16 activations and weights are bfloat16; sums, the
/// first layer's forward pass, the outputs, and the gradients with respect to images and outputs are float32 in either
/// case. Between two calls of load() any number of threads may use it, each with a scratch and a range of its own. An
/// image's results are the same bits whatever else is in the batch.
class ConvNetwork {
 public:
  /// What the backward pass needs of every layer but the first.
  class Activations;
  /// What a thread needs while it computes, the first layer's activations and sums of gradients among it.
  class Scratch;

  /// Throws std::invalid_argument unless the layers fit each other and the last one gives a single position without
  /// an activation.
  ConvNetwork(Extent image, std::span<const ConvLayer> layers, Precision precision, const ConvKernels& kernels);
  ~ConvNetwork();
  ConvNetwork(const ConvNetwork&) = delete;
  ConvNetwork& operator=(const ConvNetwork&) = delete;

  /// Takes the weights of layers like those that it has, in OpenMP's threads; false if they are not like them.
  bool load(std::span<const ConvLayer> layers);

  std::shared_ptr<Activations> activations(std::int64_t images) const;
  /// What those of an image take.
  std::int64_t activation_bytes() const;
  /// For ranges of up to so many images.
  std::shared_ptr<Scratch> scratch(std::int64_t images) const;

  /// F, the last layer's channels.
  std::int64_t outputs() const { return outputs_; }
  /// x [count, H, W, C] dense -> outputs [count, F] dense, for the images of the range.
  void forward(Activations& activations, Scratch& scratch, ImageRange range, const float* x, float* outputs,
               Summation summation = Summation::plain) const;
  /// After forward() for the same range and scratch: gradient with respect to the outputs, [count, F], -> gradient with
  /// respect to x, [count, H, W, C]. Uses the activations up.
  void backward(Activations& activations, Scratch& scratch, ImageRange range, const float* gradient, float* dx) const;

  /// After forward() for the images, by any scratch, for float32: adds the gradients with respect to the weights to
  /// the scratch's sums. Uses the activations up.
  void add_gradients(Activations& activations, Scratch& scratch, ImageRange range, const float* x,
                     const float* gradient) const;
  /// Adds a layer's sums to arrays of the shapes of ConvLayer, and sets them to zero.
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
  /// The gradient with respect to the images from that with respect to the first layer's sums.
  template <class Number>
  void backward_images(const Number* gradient, Scratch& scratch, std::int64_t images, float* dx) const;
  /// Adds up what the first layer's positions sent to the pixels of one image.
  void gather(Scratch& scratch, float* dx) const;

  Precision precision_;
  std::int64_t outputs_ = 0;
  std::vector<FeatureMap> maps_;  ///< the images, then every layer's output
  std::vector<Layer> layers_;
};

}  // namespace cebm::kernels::cpu
