#include "engine/cpu/lanes.h"

#include <omp.h>

#include <algorithm>

#include "kernels/cpu/instruction_sets.h"

namespace cebm {

namespace cpu = kernels::cpu;

Lane::Lane(const cpu::ConvNetwork& network, std::int64_t pixels, std::size_t scratch_size)
    : activations(network.activations(kLaneImages)),
      scratch(network.scratch(kLaneImages)),
      outputs(static_cast<std::size_t>(kLaneImages * network.outputs())),
      gradient(outputs.size()),
      image_gradient(static_cast<std::size_t>(kLaneImages * pixels)),
      scale(static_cast<std::size_t>(kLaneImages)),
      head_scratch(scratch_size) {}

Lanes::Lanes(const ConvLayers& layers, ImageShape image, Precision precision, std::size_t scratch_size)
    : network_(std::make_unique<cpu::ConvNetwork>(cpu::Extent{image.height, image.width}, layers.layers, precision,
                                                  cpu::chosen_conv_kernels())),
      pixels_(image.numel()),
      scratch_size_(scratch_size) {}

bool Lanes::load(const ConvLayers& layers, std::size_t scratch_size) {
  if (!network_->load(layers.layers)) return false;
  if (scratch_size != scratch_size_) lanes_.clear();
  scratch_size_ = scratch_size;
  return true;
}

void Lanes::for_each(std::int64_t count, const std::function<void(Lane& lane, const Tile& tile)>& body) {
  const std::int64_t threads = omp_get_max_threads();
  const std::int64_t size = std::clamp<std::int64_t>((count + threads - 1) / threads, 1, kLaneImages);
  for_each_part((count + size - 1) / size, [&](Lane& lane, std::int64_t i) {
    body(lane, {i, i * size, std::min(size, count - i * size)});
  });
}

void Lanes::for_each_part(std::int64_t count, const std::function<void(Lane& lane, std::int64_t i)>& body) {
  lanes_.resize(std::max(lanes_.size(), static_cast<std::size_t>(omp_get_max_threads())));
  for_each_tile(torch::kCPU, count, 1, [&](const Tile& part) {
    std::unique_ptr<Lane>& lane = lanes_[static_cast<std::size_t>(omp_get_thread_num())];
    if (!lane) lane = std::make_unique<Lane>(*network_, pixels_, scratch_size_);
    body(*lane, part.index);
  });
}

cpu::ConvNetwork::Activations& Lanes::kept(std::int64_t images) {
  if (images > kept_images_) {
    kept_.reset();
    kept_ = network_->activations(images);
    kept_images_ = images;
  }
  return *kept_;
}

}  // namespace cebm
