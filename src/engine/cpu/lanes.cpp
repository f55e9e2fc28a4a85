#include "engine/cpu/lanes.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <limits>

#include "kernels/cpu/instruction_sets.h"

namespace cebm {

namespace cpu = kernels::cpu;

namespace {

/// The stages of a tile, which threads take in order. Ends the tile where a stage fails, lest others wait for it.
class Stages {
 public:
  /// Calls `body` once the preceding stages have ended, unless one of them threw.
  template <class Body>
  void run(std::int64_t stage, const Body& body) {
    std::int64_t done = done_;
    for (; done < stage; done = done_) done_.wait(done);
    if (done == kFailed) return;
    try {
      body();
    } catch (...) {
      set(kFailed);
      throw;
    }
    set(stage + 1);
  }

 private:
  static constexpr std::int64_t kFailed = std::numeric_limits<std::int64_t>::max();

  void set(std::int64_t done) {
    done_ = done;
    done_.notify_all();
  }

  std::atomic<std::int64_t> done_{0};
};

}  // namespace

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
  for_each(count, 1, [&](Lane& lane, const Tile& tile, std::int64_t /*stage*/) { body(lane, tile); });
}

void Lanes::for_each(std::int64_t count, std::int64_t stages,
                     const std::function<void(Lane& lane, const Tile& tile, std::int64_t stage)>& body) {
  const std::int64_t threads = omp_get_max_threads();
  const std::int64_t size = std::clamp<std::int64_t>((count + threads - 1) / threads, 1, kLaneImages);
  const std::int64_t tiles = (count + size - 1) / size;
  std::vector<Stages> of_tile(static_cast<std::size_t>(tiles));
  reserve();
  for_each_tile(torch::kCPU, tiles * stages, 1, [&](const Tile& part) {
    const std::int64_t i = part.index % tiles;
    const std::int64_t stage = part.index / tiles;
    // The lane is taken within the stage: it may find no memory.
    of_tile[static_cast<std::size_t>(i)].run(stage, [&] {
      body(lane(), {i, i * size, std::min(size, count - i * size)}, stage);
    });
  });
}

void Lanes::for_each_part(std::int64_t count, const std::function<void(Lane& lane, std::int64_t i)>& body) {
  reserve();
  for_each_tile(torch::kCPU, count, 1, [&](const Tile& part) { body(lane(), part.index); });
}

void Lanes::reserve() { lanes_.resize(std::max(lanes_.size(), static_cast<std::size_t>(omp_get_max_threads()))); }

Lane& Lanes::lane() {
  std::unique_ptr<Lane>& own = lanes_[static_cast<std::size_t>(omp_get_thread_num())];
  if (!own) own = std::make_unique<Lane>(*network_, pixels_, scratch_size_);
  return *own;
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
