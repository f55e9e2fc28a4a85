#include "engine/encoder_outputs.h"

#include "engine/by_rows.h"
#include "engine/cpu/conv_layers.h"
#include "engine/cpu/forward.h"

namespace cebm {

namespace cpu = kernels::cpu;

EncoderOutputs::EncoderOutputs(Encoder& encoder, ImageShape image, torch::Device device) : encoder_(encoder) {
  const std::vector<FeedForwardLayer> layers = encoder.feed_forward();
  if (!device.is_cpu() || layers.empty()) return;
  if (const auto dense = conv_layers(layers, image)) {
    lanes_ = std::make_unique<Lanes>(*dense, image, Precision::float32, 0);
  }
}

EncoderOutputs::~EncoderOutputs() = default;

torch::Tensor EncoderOutputs::operator()(const torch::Tensor& x) {
  if (lanes_) return forward(*lanes_, x.contiguous(at::MemoryFormat::ChannelsLast), cpu::Summation::by_parts);
  return by_rows(x, [&](const torch::Tensor& images) { return encoder_.forward(images); });
}

}  // namespace cebm
