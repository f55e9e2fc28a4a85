// A feed-forward chain of convolutions, forward and backward with respect to the images: no torch, no graph, and no
// allocation once it is built. A fully connected layer is a convolution whose kernel is the whole feature map.
#pragma once

#include <cebm/kernel_activation.h>
#include <cebm/precision.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "kernels/cpu/conv_kernels.h"
#include "kernels/cpu/feature_map.h"
#include "kernels/cpu/packed_product.h"

namespace cebm::kernels::cpu {

/// A layer as PyTorch keeps it: cross-correlation, then the activation. The pointers are read by the constructor only.
struct ConvLayer {
  std::int64_t in_channels = 0;
  std::int64_t out_channels = 0;
  Window window;
  const float* weight = nullptr;  ///< [out_channels, in_channels, kernel height, kernel width], dense
  const float* bias = nullptr;    ///< [out_channels]
  std::optional<KernelActivation> activation;
};

/// How a layer adds up what a position sees.
enum class Summation {
  plain,     ///< one long sum
  by_parts,  ///< sums of 64 numbers, added up: about a third of the rounding, a few percent slower. float32 networks
             ///< only
};

/// Weights packed for one instruction set. With Precision::bfloat16 activations and weights are bfloat16; sums, the
/// first layer's forward pass, the outputs, and the gradients with respect to images and outputs are float32 in either
/// case. Immutable: any number of threads may use it, each with a workspace of its
/// own. An image's results are the same bits whatever else is in the batch.
class ConvNetwork {
 public:
  class Workspace;

  /// Throws std::invalid_argument unless the layers fit each other and the last one gives a single position without
  /// an activation.
  ConvNetwork(Extent image, std::span<const ConvLayer> layers, Precision precision, const ConvKernels& kernels);
  ~ConvNetwork();
  ConvNetwork(const ConvNetwork&) = delete;
  ConvNetwork& operator=(const ConvNetwork&) = delete;

  /// Buffers for up to so many images.
  std::shared_ptr<Workspace> workspace(std::int64_t images) const;

  /// F, the last layer's channels.
  std::int64_t outputs() const { return outputs_; }
  /// x [images, H, W, C] dense -> outputs [images, F] dense.
  void forward(Workspace& workspace, const float* x, std::int64_t images, float* outputs,
               Summation summation = Summation::plain) const;
  /// Gradient with respect to the outputs of the workspace's last forward pass, [images, F], -> gradient with respect
  /// to x, [images, H, W, C]. Uses that pass up.
  void backward(Workspace& workspace, const float* gradient, std::int64_t images, float* dx) const;

  /// Sums of gradients with respect to the weights and biases of every layer.
  class Gradients;
  std::shared_ptr<Gradients> gradients() const;
  /// Instead of backward(): adds those of these images, in an order that depends on `images` only. For float32.
  void add_gradients(Workspace& workspace, const float* gradient, std::int64_t images, Gradients& sums) const;
  /// into += from.
  static void merge(Gradients& into, const Gradients& from);
  /// Adds a layer's sums to tensors of the shapes of ConvLayer.
  void unpack(const Gradients& sums, std::size_t layer, float* weight, float* bias) const;

 private:
  struct Layer;
  template <class Number>
  void forward_layers(Workspace& workspace, std::int64_t images, std::int64_t part) const;
  /// Calls visit(l, where the gradient of layer l's output lies) for every layer, the last first.
  template <class Number, class Visit>
  void backward_layers(Workspace& workspace, const float* gradient, std::int64_t images, const Visit& visit) const;
  /// Adds up what the first layer's positions sent to the pixels of one image.
  void gather(Workspace& workspace, float* dx) const;

  Precision precision_;
  std::int64_t outputs_ = 0;
  std::vector<FeatureMap> maps_;  ///< the images, then every layer's output
  std::vector<Layer> layers_;
};

}  // namespace cebm::kernels::cpu
