#include "engine/cpu/lanes.h"

#include <omp.h>

#include <algorithm>

namespace cebm {

namespace cpu = kernels::cpu;

Lane::Lane(const cpu::ConvNetwork& network, std::int64_t pixels, std::size_t scratch_size)
    : workspace(network.workspace(kLaneImages)),
      outputs(static_cast<std::size_t>(kLaneImages * network.outputs())),
      gradient(outputs.size()),
      image_gradient(static_cast<std::size_t>(kLaneImages * pixels)),
      scale(static_cast<std::size_t>(kLaneImages)),
      scratch(scratch_size) {}

Lanes::Lanes(std::unique_ptr<cpu::ConvNetwork> network, std::int64_t pixels, std::size_t scratch_size)
    : network_(std::move(network)), pixels_(pixels), scratch_size_(scratch_size) {}

void Lanes::replace(std::unique_ptr<cpu::ConvNetwork> network, std::size_t scratch_size) {
  network_ = std::move(network);
  if (scratch_size != scratch_size_) lanes_.clear();
  scratch_size_ = scratch_size;
}

void Lanes::for_each(std::int64_t count, const std::function<void(Lane& lane, const Tile& tile)>& body) {
  const std::int64_t threads = omp_get_max_threads();
  for_each(count, std::clamp<std::int64_t>((count + threads - 1) / threads, 1, kLaneImages), body);
}

void Lanes::for_each(std::int64_t count, std::int64_t size,
                     const std::function<void(Lane& lane, const Tile& tile)>& body) {
  lanes_.resize(std::max(lanes_.size(), static_cast<std::size_t>(omp_get_max_threads())));
  for_each_tile(torch::kCPU, count, size, [&](const Tile& tile) {
    std::unique_ptr<Lane>& lane = lanes_[static_cast<std::size_t>(omp_get_thread_num())];
    if (!lane) lane = std::make_unique<Lane>(*network_, pixels_, scratch_size_);
    body(*lane, tile);
  });
}

}  // namespace cebm
