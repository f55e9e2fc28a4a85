// The network and the per-thread memory with which images are computed.
#pragma once

#include <cebm/image.h>
#include <cebm/precision.h>
#include <cebm/tiles.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/cpu/conv_layers.h"
#include "kernels/cpu/conv_network.h"

namespace cebm {

/// Images that a thread computes at once: enough rows for the small layers, few enough to stay in the cache.
inline constexpr std::int64_t kLaneImages = 4;

/// A thread's memory for kLaneImages images; all numbers are dense float32.
struct Lane {
  Lane(const kernels::cpu::ConvNetwork& network, std::int64_t pixels, std::size_t scratch_size);

  std::shared_ptr<kernels::cpu::ConvNetwork::Activations> activations;
  std::shared_ptr<kernels::cpu::ConvNetwork::Scratch> scratch;
  std::vector<float> outputs;
  std::vector<float> gradient;  ///< with respect to the outputs
  std::vector<float> image_gradient;
  std::vector<float> scale;
  std::vector<float> head_scratch;
};

/// A packed network and a lane for each thread, created when the thread first needs one.
class Lanes {
 public:
  /// `scratch_size`: numbers of scratch memory for the head.
  Lanes(const ConvLayers& layers, ImageShape image, Precision precision, std::size_t scratch_size);

  const kernels::cpu::ConvNetwork& network() const { return *network_; }
  /// Loads new weights and sets the head's scratch size; false if the layers differ in more than the weights.
  bool load(const ConvLayers& layers, std::size_t scratch_size);
  /// Calls body(lane, tile) for tiles of at most kLaneImages of `count` images, in parallel.
  void for_each(std::int64_t count, const std::function<void(Lane& lane, const Tile& tile)>& body);
  /// Calls body(lane, tile, stage) for every tile and stage < `stages`, the stages of a tile in order: a thread that
  /// other programs delay keeps the others waiting for one stage, not for all of them. A tile ends with a stage that
  /// throws; the exception is rethrown when all tiles have ended.
  void for_each(std::int64_t count, std::int64_t stages,
                const std::function<void(Lane& lane, const Tile& tile, std::int64_t stage)>& body);
  /// Calls body(lane, i) for i < count, in parallel.
  void for_each_part(std::int64_t count, const std::function<void(Lane& lane, std::int64_t i)>& body);
  /// Activations of `images` images at once, for a caller that passes over them more than once.
  kernels::cpu::ConvNetwork::Activations& kept(std::int64_t images);

 private:
  /// Makes room for a lane for each thread.
  void reserve();
  /// The calling thread's.
  Lane& lane();

  std::unique_ptr<kernels::cpu::ConvNetwork> network_;
  std::int64_t pixels_;
  std::size_t scratch_size_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::shared_ptr<kernels::cpu::ConvNetwork::Activations> kept_;
  std::int64_t kept_images_ = 0;
};

}  // namespace cebm
