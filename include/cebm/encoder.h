/// Networks from images to unconstrained statistics.
#pragma once

#include <cebm/convolutional.h>
#include <cebm/image.h>
#include <cebm/registry.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace cebm {

/// A network's value at x together with its transposed Jacobian there.
struct Linearization {
  torch::Tensor output;                                                   ///< [B, F]
  std::function<torch::Tensor(const torch::Tensor& gradient)> pull_back;  ///< [B, F] -> [B, C, H, W]
};

class Encoder : public torch::nn::Module {
 public:
  /// [B, C, H, W] -> [B, F], differentiable in x and in the weights.
  virtual torch::Tensor forward(const torch::Tensor& x) = 0;

  /// Value and pull-back without gradients of the weights. The default records autograd's graph for x alone;
  /// encoders with a backward-data path of their own override it. The result is detached from any graph.
  virtual Linearization linearize(const torch::Tensor& x);
};

struct EncoderContext {
  ImageShape image;
  std::int64_t outputs = 0;  ///< F
  std::uint64_t seed = 1;
};

using EncoderEntry = Entry<Encoder, EncoderContext>;

/// Convolutional network: convolutions with an activation after each, flattening, hidden fully connected layers with
/// an activation, and a linear output layer (paper, Appendix C, Tables 2-4).
using CnnOptions = ConvolutionalOptions;

/// Throws ConfigError if the lists differ in length or an image of that shape does not fit through the layers.
std::shared_ptr<Encoder> make_cnn(const CnnOptions& options, const EncoderContext& context);

Registry<EncoderEntry> built_in_encoders();

}  // namespace cebm
