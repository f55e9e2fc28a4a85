#include "engine/cpu/conv_layers.h"

namespace cebm {

namespace {

namespace cpu = kernels::cpu;

bool is_plain(const torch::Tensor& tensor) { return tensor.is_cpu() && tensor.scalar_type() == torch::kFloat; }

}  // namespace

std::optional<ConvLayers> conv_layers(const std::vector<FeedForwardLayer>& layers, ImageShape image) {
  ConvLayers result;
  cpu::Extent size{image.height, image.width};
  std::int64_t channels = image.channels;
  for (const FeedForwardLayer& layer : layers) {
    if (!is_plain(layer.weight) || !is_plain(layer.bias)) return std::nullopt;
    cpu::ConvLayer conv;
    conv.in_channels = channels;
    conv.out_channels = layer.weight.size(0);
    if (layer.activation) {
      conv.activation = layer.activation->kernel();
      if (!conv.activation) return std::nullopt;
    }
    // A fully connected layer is a convolution as large as its input.
    conv.window =
        layer.weight.dim() == 4
            ? cpu::Window{{layer.weight.size(2), layer.weight.size(3)}, {layer.stride, layer.stride}, layer.padding}
            : cpu::Window{size, size, 0};
    conv.weight = result.dense.emplace_back(layer.weight.detach().contiguous()).const_data_ptr<float>();
    conv.bias = result.dense.emplace_back(layer.bias.detach().contiguous()).const_data_ptr<float>();
    result.layers.push_back(conv);
    size = cpu::output_size(size, conv.window);
    channels = conv.out_channels;
  }
  return result;
}

}  // namespace cebm
