#include "engine/encoder_outputs.h"

#include "engine/by_rows.h"
#include "engine/cpu/forward.h"
#include "engine/cpu/packed_network.h"
#include "kernels/cpu/instruction_sets.h"

namespace cebm {

namespace cpu = kernels::cpu;

EncoderOutputs::EncoderOutputs(Encoder& encoder, ImageShape image, torch::Device device) : encoder_(encoder) {
  const std::vector<FeedForwardLayer> layers = encoder.feed_forward();
  if (!device.is_cpu() || layers.empty()) return;
  auto network = pack_network(layers, image, Precision::float32, cpu::chosen_conv_kernels());
  if (network) lanes_ = std::make_unique<Lanes>(std::move(network), image.numel(), 0);
}

EncoderOutputs::~EncoderOutputs() = default;

torch::Tensor EncoderOutputs::operator()(const torch::Tensor& x) {
  if (lanes_) return forward(*lanes_, x.contiguous(at::MemoryFormat::ChannelsLast), cpu::Summation::by_parts);
  return by_rows(x, [&](const torch::Tensor& images) { return encoder_.forward(images); });
}

}  // namespace cebm
