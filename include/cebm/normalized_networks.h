/// Convolutional networks with batch normalisation, for adversarial models.
///
/// Batch normalisation (Ioffe and Szegedy 2015) maps every channel c to
///   weight_c (a - mean_c) / sqrt(variance_c + 1e-5) + bias_c
/// with the batch's own mean and variance in training, and with running averages of them (momentum 0.1, PyTorch's)
/// afterwards. In training an image's value thus depends on the rest of its batch. Therefore these networks are neither
/// Encoder nor Decoder: an energy made of them would not be a function of x, and no configuration can select one.
#pragma once

#include <cebm/decoder.h>
#include <cebm/random.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cebm {

class Mlp;
class NormalizedStack;

enum class Statistics {
  batch,    ///< training: normalise by the batch, update the running averages, drop channels
  running,  ///< after training: normalise by the running averages, each image by itself
};

/// How a network is evaluated.
struct Pass {
  Statistics statistics = Statistics::running;
  RandomKey dropout = {};  ///< key of the random numbers of one training pass
};

struct NormalizedCnnOptions final : Options {
  NormalizedCnnOptions() = default;
  explicit NormalizedCnnOptions(const Catalog& catalog) : layers(catalog) {}

  ConvolutionalOptions layers;
  double dropout = 0.0;  ///< probability that a channel of an image is set to zero, in training
  void fields(Fields& visit) override;
};

struct NormalizedCnnContext {
  std::string name;  ///< of the network in messages: "encoder"
  ImageShape image;
  std::int64_t side_inputs = 0;  ///< numbers per image that are concatenated to the convolutions' features
  std::int64_t outputs = 1;      ///< F
  std::uint64_t seed = 1;
  std::uint64_t first_parameter = 0;  ///< number of the first weight in the stream of initial weights
};

/// Convolutions, each with batch normalisation, activation and dropout of channels; flattening; side inputs joined;
/// hidden fully connected layers with an activation; a linear output layer.
class NormalizedCnn final : public torch::nn::Module {
 public:
  /// Throws ConfigError if the lists differ in length or an image of that shape does not fit through the layers.
  NormalizedCnn(const NormalizedCnnOptions& options, const NormalizedCnnContext& context);
  /// x [B, C, H, W], side [B, S] (undefined where S = 0) -> [B, F].
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& side, const Pass& pass);

 private:
  std::shared_ptr<NormalizedStack> convolutions_;
  std::shared_ptr<Mlp> head_;
};

/// The layers of a TransposedCnn (decoder.h) with batch normalisation after every transposed convolution but the last.
class NormalizedTransposedCnn final : public torch::nn::Module {
 public:
  /// Throws ConfigError as make_transposed_cnn.
  NormalizedTransposedCnn(const TransposedCnnOptions& options, const DecoderContext& context);
  /// [B, K] -> [B, C, H, W], unconstrained.
  torch::Tensor forward(const torch::Tensor& z, const Pass& pass);

 private:
  ImageShape start_;
  std::shared_ptr<Mlp> front_;  ///< null where the code is the start itself
  std::shared_ptr<NormalizedStack> convolutions_;
};

}  // namespace cebm
