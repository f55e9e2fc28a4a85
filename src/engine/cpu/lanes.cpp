#include "engine/cpu/lanes.h"

#include <omp.h>

#include <algorithm>
#include <atomic>

#include "kernels/cpu/instruction_sets.h"

namespace cebm {

namespace cpu = kernels::cpu;

namespace {

/// Counts the finished stages of a tile.
class StagesDone {
 public:
  /// Waits until the preceding stages have finished; its destructor marks the stage as finished, also after an
  /// exception.
  class Turn {
   public:
    Turn(StagesDone& done, std::int64_t stage) : done_(done.count_), after_(stage + 1) {
      for (std::int64_t count = done_; count < stage; count = done_) done_.wait(count);
    }
    ~Turn() {
      done_ = after_;
      done_.notify_all();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    std::atomic<std::int64_t>& done_;
    std::int64_t after_;
  };

 private:
  std::atomic<std::int64_t> count_{0};
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
  std::vector<StagesDone> done(static_cast<std::size_t>(tiles));
  for_each_part(tiles * stages, [&](Lane& lane, std::int64_t part) {
    const std::int64_t i = part % tiles;
    const StagesDone::Turn turn(done[static_cast<std::size_t>(i)], part / tiles);
    body(lane, {i, i * size, std::min(size, count - i * size)}, part / tiles);
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
