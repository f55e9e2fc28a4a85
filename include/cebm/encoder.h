/// Networks from images to unconstrained statistics.
#pragma once

#include <cebm/convolutional.h>
#include <cebm/feed_forward.h>
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

/// A module's name(), which messages use, is the name of its row in the registry.
class Encoder : public torch::nn::Module {
 public:
  using Module::Module;
  /// [B, C, H, W] -> [B, F], differentiable in x and in the weights.
  virtual torch::Tensor forward(const torch::Tensor& x) = 0;

  /// Value and pull-back without gradients of the weights. The default records autograd's graph for x alone;
  /// encoders with their own backward pass override it. The result is detached from any graph.
  virtual Linearization linearize(const torch::Tensor& x);

  /// The network as a plain chain of layers, if it is one; otherwise empty. Engines compute such networks themselves.
  virtual std::vector<FeedForwardLayer> feed_forward() const { return {}; }
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

/// How the last feature map [C, H, W] of a residual network becomes a vector.
enum class Pooling {
  average,      ///< mean over all positions, C features (Zagoruyko and Komodakis; JEM)
  sum,          ///< sum over all positions, C features (JEM's sum_pool)
  average_4x4,  ///< means of 4 x 4 windows, C ceil(H/4) ceil(W/4) features (the paper's authors); partial at the edges
};

/// The convolution that carries the stride of a group's first block.
enum class StridedConvolution { first, second };

/// Wide residual network without normalisation (Zagoruyko and Komodakis 2016; Grathwohl et al. 2019, JEM):
/// a 3 x 3 convolution to 16 channels, three groups of n = (depth - 4) / 6 blocks with 16, 32 and 64 times `width`
/// channels and strides 1, 2, 2, an activation, pooling, then fully connected layers as in the CNN. A block is
///   x + conv3x3(f(conv3x3(f(x)))),
/// with a 1 x 1 convolution of x where the shape changes. Works on images of any size.
/// There is no dropout and no batch normalisation: an energy is a function of its own image alone.
/// PyTorch's default initial values keep it stable at any depth: from 10 to 82 layers the sizes of outputs and of
/// gradients at the start were measured to stay within a factor of 4, so no special scaling is needed.
struct WideResnetOptions final : Options {
  WideResnetOptions() = default;
  explicit WideResnetOptions(const Catalog& catalog) : activation(catalog) {}

  std::int64_t depth = 28;  ///< 6 n + 4
  std::int64_t width = 10;
  StridedConvolution strided_convolution = StridedConvolution::second;
  bool stem_activation = false;  ///< an activation on the pixels, before the first convolution
  Pooling pooling = Pooling::average;
  Activation activation;
  std::vector<std::int64_t> hidden;  ///< widths of the hidden fully connected layers, may be empty
  void fields(Fields& visit) override;
};

/// Throws ConfigError if the depth is not 6 n + 4 with n >= 1.
std::shared_ptr<Encoder> make_wide_resnet(const WideResnetOptions& options, const EncoderContext& context);

Registry<EncoderEntry> built_in_encoders();
template <>
const Registry<EncoderEntry>& registry_of(const Catalog& catalog);

}  // namespace cebm
