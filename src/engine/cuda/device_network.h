// A network's forward and backward-data through LibTorch's convolutions and matrix products, everything between them in
// kernels of our own: no autograd, channels-last, nothing that waits for the device.
#pragma once

#include <cebm/feed_forward.h>
#include <cebm/image.h>
#include <cebm/precision.h>

#include <memory>
#include <vector>

#include "kernels/activation.h"

namespace cebm {

struct ActivationKernels {
  kernels::Activate activate;
  kernels::PullBack pull_back;
};

class DeviceNetwork {
 public:
  /// Null if the layers' weights are not float32 on that kind of device, there are no kernels for an activation, or
  /// the last layer is not fully connected and without an activation. In bfloat16 the first and the last layer stay
  /// float32: the one because steps of the images are smaller than bfloat16 resolves, the other because what the head
  /// takes of it is exponentiated.
  static std::unique_ptr<DeviceNetwork> make(const std::vector<FeedForwardLayer>& layers, ImageShape image,
                                             torch::DeviceType device, Precision precision,
                                             const ActivationKernels& kernels);

  /// Copies weights into storage that stays where it is; false if the layers are not the same ones with other weights.
  bool load(const std::vector<FeedForwardLayer>& layers);
  /// [B, C, H, W] float32, channels-last -> outputs [B, F] float32. Keeps what backward() needs.
  torch::Tensor forward(const torch::Tensor& x);
  /// dE/doutputs [B, F] -> dE/dx, float32, channels-last, of the images given to forward() last.
  torch::Tensor backward(const torch::Tensor& gradient);

 private:
  struct Layer {
    torch::Tensor storage;  ///< the weight in the model's shape; fully connected: [out, C, H, W] of what comes in
    torch::Tensor weight;   ///< the same memory as the operation takes it
    torch::Tensor bias;     ///< float32
    bool convolution = false;
    std::int64_t stride = 1;
    std::int64_t padding = 0;
    std::vector<std::int64_t> output_padding;  ///< rows and columns of the input that the stride leaves over
    ImageShape input;
    kernels::ActivationPass pass;  ///< after it; positions are set in use
  };

  explicit DeviceNetwork(const ActivationKernels& kernels) : kernels_(kernels) {}
  void add(const FeedForwardLayer& layer, ImageShape input, torch::ScalarType type);
  static bool fits(const FeedForwardLayer& layer, const Layer& own);

  ActivationKernels kernels_;
  std::vector<Layer> layers_;
  std::vector<torch::Tensor> kept_;  ///< of each activation, for its pull-back
};

}  // namespace cebm
