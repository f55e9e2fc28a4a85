/// Networks from latent codes to images.
#pragma once

#include <cebm/convolutional.h>
#include <cebm/feed_forward.h>
#include <cebm/image.h>
#include <cebm/registry.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace cebm {

/// A decoder in two parts: a small image that is made of the code, and transposed convolutions of it.
struct TransposedChain {
  std::function<torch::Tensor(const torch::Tensor& z)> start;  ///< [N, K] -> the small image, [N, C, H, W]
  ImageShape start_shape;
  /// Weights [in, out, kernel, kernel], as in LibTorch; no activation after the last. The network's tensors, not
  /// copies.
  std::vector<FeedForwardLayer> layers;
};

class Decoder : public torch::nn::Module {
 public:
  /// [N, K] -> [N, C, H, W], unconstrained; the likelihood or the generator interprets the values.
  virtual torch::Tensor forward(const torch::Tensor& z) = 0;

  /// The network in these two parts, if that is all it is. Engines compute the second part themselves. Must not outlive
  /// the decoder.
  virtual std::optional<TransposedChain> transposed_chain() { return std::nullopt; }
};

struct DecoderContext {
  ImageShape image;
  std::int64_t latent_dim = 128;
  std::uint64_t seed = 1;
};

using DecoderEntry = Entry<Decoder, DecoderContext>;

/// Transposed convolutional network: hidden fully connected layers, one more onto a small image of shape `start`, all
/// with `hidden_activation`, then transposed convolutions with an activation after each but the last (paper, Table 3).
/// Without a `start` the code, or the last hidden layer, is itself the small image: one pixel.
/// `channels` lists the output channels of all transposed convolutions but the last, which has the image's.
struct TransposedCnnOptions final : Options {
  TransposedCnnOptions() : TransposedCnnOptions(ConvolutionalOptions()) {}
  explicit TransposedCnnOptions(const Catalog& catalog) : TransposedCnnOptions(ConvolutionalOptions(catalog)) {}
  std::vector<std::int64_t> start{64, 3, 3};  ///< channels, height, width; may be empty
  ConvolutionalOptions layers;
  void fields(Fields& visit) override;

 private:
  explicit TransposedCnnOptions(ConvolutionalOptions with_activation);
};

/// Throws ConfigError if the lists' lengths do not match or the result is not an image of the context's shape.
std::shared_ptr<Decoder> make_transposed_cnn(const TransposedCnnOptions& options, const DecoderContext& context);

Registry<DecoderEntry> built_in_decoders();
template <>
const Registry<DecoderEntry>& registry_of(const Catalog& catalog);

}  // namespace cebm
