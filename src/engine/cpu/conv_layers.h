// A network in the form that the CPU kernels take.
#pragma once

#include <cebm/feed_forward.h>
#include <cebm/image.h>

#include <optional>
#include <vector>

#include "kernels/cpu/conv_layer.h"

namespace cebm {

/// The layers, and the tensors that their pointers lead to.
struct ConvLayers {
  std::vector<kernels::cpu::ConvLayer> layers;
  std::vector<torch::Tensor> dense;
};

/// Nothing if the layers' weights are not float32 in the CPU's memory, or there are no kernels for an activation.
std::optional<ConvLayers> conv_layers(const std::vector<FeedForwardLayer>& layers, ImageShape image);

/// The same for a decoder's transposed convolutions, each described by the convolution that it is the transpose of.
std::optional<ConvLayers> transposed_layers(const std::vector<FeedForwardLayer>& layers);

}  // namespace cebm
