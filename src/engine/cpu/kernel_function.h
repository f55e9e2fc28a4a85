// Networks as functions that autograd differentiates, computed by kernels of our own.
#pragma once

#include <cebm/decoder.h>
#include <cebm/encoder.h>
#include <cebm/image.h>

#include <memory>

namespace cebm {

/// Differentiable once, with respect to its argument and to the network's weights; a second backward pass through the
/// same result, or second derivatives, throw std::logic_error. Must outlive the results' graphs, and the network it.
class KernelFunction {
 public:
  virtual ~KernelFunction() = default;
  /// Packs the present weights. Must not run at the same time as other calls.
  virtual void load() = 0;
  /// Serial, but may be called by several threads at once. An image's result does not depend on the rest of the batch.
  virtual torch::Tensor operator()(const torch::Tensor& x) = 0;
};

/// x [B, C, H, W] -> [B, F]. Null where there are no kernels for the encoder.
std::unique_ptr<KernelFunction> kernel_function(Encoder& encoder, ImageShape image);
/// z [N, K] -> [N, C, H, W], channels-last. Null where there are no kernels for the decoder.
std::unique_ptr<KernelFunction> kernel_function(Decoder& decoder);

}  // namespace cebm
