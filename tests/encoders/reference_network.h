// What the encoder tests compare with: plain sequences of LibTorch calls, written out by hand.
#pragma once

#include <cebm/encoder.h>
#include <cebm/run.h>

#include <string>

namespace cebm {

struct Architecture {
  const char* name;
  ImageShape image;
  CnnOptions options;
  std::int64_t outputs;
  std::int64_t weights;  ///< number of parameters, counted by hand
};

inline CnnOptions cnn_options(std::vector<std::int64_t> channels, const std::string& activation,
                              std::vector<std::int64_t> hidden) {
  CnnOptions options;
  options.channels = std::move(channels);
  options.activation.select(activation);
  options.hidden = std::move(hidden);
  return options;
}

/// Sizes 28 -> 28 -> 14 -> 7 -> 3 and 32 -> 32 -> 16 -> 8 -> 4 (kernels 3, 4, 4, 4; strides 1, 2, 2, 2; padding 1).
inline std::vector<Architecture> architectures() {
  return {
      // 64*9+64 + 64*64*16+64 + 32*64*16+32 + 32*32*16+32 + 128*(32*3*3)+128 + 256*128+256
      {"paper_28",
       {1, 28, 28},
       cnn_options({64, 64, 32, 32}, "leaky_relu", {128}),
       256,
       640 + 65600 + 32800 + 16416 + 36992 + 33024},
      // 64*27+64 + 128*64*16+128 + 256*128*16+256 + 512*256*16+512 + 128*(512*4*4)+128 + 256*128+256
      {"paper_32",
       {3, 32, 32},
       cnn_options({64, 128, 256, 512}, "leaky_relu", {128}),
       256,
       1792 + 131200 + 524544 + 2097664 + 1048704 + 33024},
      // 32*9+32 + 32*32*16+32 + 64*32*16+64 + 64*64*16+64 + 256*(64*3*3)+256
      {"authors_28", {1, 28, 28}, cnn_options({32, 32, 64, 64}, "silu", {}), 256, 320 + 16416 + 32832 + 65600 + 147712},
      // 32*27+32 + the same convolutions + 256*(64*4*4)+256
      {"authors_32", {3, 32, 32}, cnn_options({32, 32, 64, 64}, "silu", {}), 256, 896 + 16416 + 32832 + 65600 + 262400},
  };
}

inline std::shared_ptr<Encoder> build(const Architecture& which, std::uint64_t seed = 1) {
  return make_cnn(which.options, {which.image, which.outputs, seed});
}

inline torch::Tensor images(std::int64_t count, ImageShape shape, std::uint64_t step = 0) {
  return uniform({count, shape.channels, shape.height, shape.width}, {.seed = 11, .step = step}, -1.0F, 1.0F);
}

/// f(a) from its formula.
inline torch::Tensor reference_activation(const Activation& activation, const torch::Tensor& a) {
  if (activation.name() == "relu") return torch::where(a > 0, a, torch::zeros_like(a));
  if (activation.name() == "leaky_relu") return torch::where(a > 0, a, activation.slope * a);
  if (activation.name() == "silu") return a / (1 + torch::exp(-a));
  return {};
}

/// The network as a sequence of layers with the encoder's weights, in the order in which they were registered.
inline torch::Tensor reference_forward(const Encoder& encoder, const CnnOptions& options, torch::Tensor h) {
  const std::vector<torch::Tensor> weights = encoder.parameters();
  const std::size_t layers = options.channels.size() + options.hidden.size() + 1;
  for (std::size_t i = 0; i < layers; ++i) {
    const torch::Tensor& weight = weights[2 * i];
    const torch::Tensor& bias = weights[2 * i + 1];
    if (i < options.channels.size()) {
      h = at::conv2d(h.contiguous(), weight.contiguous(), bias, options.strides[i], options.paddings[i]);
    } else {
      if (i == options.channels.size()) h = h.reshape({h.size(0), -1});
      h = h.matmul(weight.t()) + bias;
    }
    if (i + 1 < layers) h = reference_activation(options.activation, h);
  }
  return h;
}

}  // namespace cebm
