#include "engine/cpu/packed_network.h"

namespace cebm {

namespace {

namespace cpu = kernels::cpu;

bool is_plain(const torch::Tensor& tensor) { return tensor.is_cpu() && tensor.scalar_type() == torch::kFloat; }

}  // namespace

std::unique_ptr<cpu::ConvNetwork> pack_network(const std::vector<FeedForwardLayer>& layers, ImageShape image,
                                               Precision precision, const cpu::ConvKernels& kernels) {
  std::vector<torch::Tensor> kept;  // dense copies, until they are packed
  std::vector<cpu::ConvLayer> packed;
  cpu::Extent size{image.height, image.width};
  std::int64_t channels = image.channels;
  for (const FeedForwardLayer& layer : layers) {
    if (!is_plain(layer.weight) || !is_plain(layer.bias)) return nullptr;
    cpu::ConvLayer conv;
    conv.in_channels = channels;
    conv.out_channels = layer.weight.size(0);
    if (layer.activation) {
      conv.activation = layer.activation->kernel();
      if (!conv.activation) return nullptr;
    }
    // A fully connected layer is a convolution as large as its input.
    conv.window =
        layer.weight.dim() == 4
            ? cpu::Window{{layer.weight.size(2), layer.weight.size(3)}, {layer.stride, layer.stride}, layer.padding}
            : cpu::Window{size, size, 0};
    kept.push_back(layer.weight.detach().contiguous());
    conv.weight = kept.back().const_data_ptr<float>();
    kept.push_back(layer.bias.detach().contiguous());
    conv.bias = kept.back().const_data_ptr<float>();
    packed.push_back(conv);
    size = cpu::output_size(size, conv.window);
    channels = conv.out_channels;
  }
  return std::make_unique<cpu::ConvNetwork>(cpu::Extent{image.height, image.width}, packed, precision, kernels);
}

}  // namespace cebm
