// A network's forward and backward-data passes: the first layer, small fully connected ones and all activations by
// kernels of our own, other layers through LibTorch's convolutions and matrix products. No autograd, channels-last,
// nothing that waits for the device.
#pragma once

#include <cebm/feed_forward.h>
#include <cebm/image.h>
#include <cebm/precision.h>

#include <memory>
#include <vector>

#include "engine/cuda/device_back_end.h"

namespace cebm {

class DeviceNetwork {
 public:
  /// Null if the layers' weights are not float32 on that kind of device, there are no kernels for an activation, or
  /// the last layer is not fully connected or has an activation. In bfloat16 and tf32 the first and the last layer stay
  /// float32: the first because steps of the images are smaller than either format resolves, the last because the head
  /// exponentiates its outputs. The back end must outlive the network.
  static std::unique_ptr<DeviceNetwork> make(const std::vector<FeedForwardLayer>& layers, ImageShape image,
                                             torch::DeviceType device, Precision precision,
                                             const DeviceBackEnd& back_end);

  /// Copies the weights into storage with fixed addresses; false if the layers differ in more than the weights.
  bool load(const std::vector<FeedForwardLayer>& layers);
  /// [B, C, H, W] float32, channels-last -> the last layer's sums [B, F] float32, without its bias. Keeps what
  /// backward() needs.
  torch::Tensor forward(const torch::Tensor& x);
  /// The last layer's bias [F]: the outputs are the last layer's sums plus this bias.
  const torch::Tensor& last_bias() const { return layers_.back().bias; }
  /// dE/doutputs [B, F] -> dE/dx, float32, channels-last, of the images given to forward() last.
  torch::Tensor backward(const torch::Tensor& gradient);

  /// Whether backward_and_move() can be used: for boundaries that look at one pixel at a time.
  bool moves_images() const { return layers_.front().kind == Kind::first; }
  /// As backward(), but makes the images' step with dE/dx, in one launch with the first layer's backward pass.
  void backward_and_move(const torch::Tensor& gradient, const kernels::FusedUpdate& move);

 private:
  enum class Kind { first, convolution, product, small_product };

  struct Layer {
    Kind kind = Kind::convolution;
    torch::Tensor storage;     ///< the weight in the model's shape; fully connected: [out, C, H, W] of its input
    torch::Tensor weight;      ///< as the operation takes it; first: [3, 3, C, O]; else the storage's own memory
    torch::Tensor transposed;  ///< of a small product with an activation: [in, out]
    torch::Tensor bias;        ///< float32
    bool tf32 = false;
    std::int64_t stride = 1;
    std::int64_t padding = 0;
    std::vector<std::int64_t> output_padding;  ///< rows and columns of the input that the stride leaves over
    ImageShape input;
    kernels::ActivationPass pass;  ///< the layer's activation; positions are set at each use
  };

  explicit DeviceNetwork(const DeviceBackEnd& back_end) : back_end_(back_end) {}
  void add(const FeedForwardLayer& layer, ImageShape input, Precision precision, bool is_last);
  static bool fits(const FeedForwardLayer& layer, const Layer& own);
  static void put(const FeedForwardLayer& layer, Layer& own);

  kernels::FirstLayer first_layer(std::int64_t images) const;
  torch::Tensor first_values(const torch::Tensor& x);
  torch::Tensor values_of(Layer& layer, const torch::Tensor& input);
  torch::Tensor small_values(const Layer& layer, const torch::Tensor& input);
  torch::Tensor sums_of(const Layer& layer, const torch::Tensor& input) const;
  /// From dE/doutputs to dE/dvalues of the first layer if it has its own kernel (Kind::first), to dE/dsums of it
  /// otherwise.
  torch::Tensor back_to_first(const torch::Tensor& gradient);
  torch::Tensor back_through(const Layer& layer, const torch::Tensor& of_sums) const;
  torch::Tensor pulled_back(kernels::ActivationPass pass, const torch::Tensor& of_values,
                            const torch::Tensor& kept) const;
  torch::Tensor small_pulled_back(const Layer& layer, const Layer& before, const torch::Tensor& of_sums,
                                  const torch::Tensor& kept) const;
  torch::Tensor take_kept();

  const DeviceBackEnd& back_end_;
  std::vector<Layer> layers_;
  std::vector<torch::Tensor> kept_;  ///< of each activation, for its pull-back
};

}  // namespace cebm
