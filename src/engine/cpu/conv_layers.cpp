#include "engine/cpu/conv_layers.h"

namespace cebm {

namespace {

namespace cpu = kernels::cpu;

bool is_plain(const torch::Tensor& tensor) { return tensor.is_cpu() && tensor.scalar_type() == torch::kFloat; }

/// Takes over the layer's tensors and activation; false if there are no kernels for them.
bool take(const FeedForwardLayer& layer, cpu::ConvLayer& conv, std::vector<torch::Tensor>& dense) {
  if (!is_plain(layer.weight) || !is_plain(layer.bias)) return false;
  if (layer.activation) {
    conv.activation = layer.activation->kernel();
    if (!conv.activation) return false;
  }
  conv.weight = dense.emplace_back(layer.weight.detach().contiguous()).const_data_ptr<float>();
  conv.bias = dense.emplace_back(layer.bias.detach().contiguous()).const_data_ptr<float>();
  return true;
}

cpu::Window window_of(const FeedForwardLayer& layer) {
  return {{layer.weight.size(2), layer.weight.size(3)}, {layer.stride, layer.stride}, layer.padding};
}

}  // namespace

std::optional<ConvLayers> conv_layers(const std::vector<FeedForwardLayer>& layers, ImageShape image) {
  ConvLayers result;
  cpu::Extent size{image.height, image.width};
  std::int64_t channels = image.channels;
  for (const FeedForwardLayer& layer : layers) {
    cpu::ConvLayer conv;
    if (!take(layer, conv, result.dense)) return std::nullopt;
    conv.in_channels = channels;
    conv.out_channels = layer.weight.size(0);
    // A fully connected layer is a convolution as large as its input.
    conv.window = layer.weight.dim() == 4 ? window_of(layer) : cpu::Window{size, size, 0};
    result.layers.push_back(conv);
    size = cpu::output_size(size, conv.window);
    channels = conv.out_channels;
  }
  return result;
}

std::optional<ConvLayers> transposed_layers(const std::vector<FeedForwardLayer>& layers) {
  ConvLayers result;
  for (const FeedForwardLayer& layer : layers) {
    cpu::ConvLayer conv;
    if (!take(layer, conv, result.dense)) return std::nullopt;
    conv.in_channels = layer.weight.size(1);
    conv.out_channels = layer.weight.size(0);
    conv.window = window_of(layer);
    result.layers.push_back(conv);
  }
  return result;
}

}  // namespace cebm
