// What each thread computes its images with.
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

/// Dense float32 numbers of a lane's images.
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

/// A packed network and a lane for each thread, made when the thread first needs one.
class Lanes {
 public:
  /// `scratch_size` numbers for the head.
  Lanes(const ConvLayers& layers, ImageShape image, Precision precision, std::size_t scratch_size);

  const kernels::cpu::ConvNetwork& network() const { return *network_; }
  /// Takes other weights, and a head that needs other scratch; false if the layers are others.
  bool load(const ConvLayers& layers, std::size_t scratch_size);
  /// Calls body(lane, tile) for tiles of at most kLaneImages of `count` images, in parallel.
  void for_each(std::int64_t count, const std::function<void(Lane& lane, const Tile& tile)>& body);
  /// The same `stages` times for every tile, one stage of a tile after the other: a thread that is held up by other
  /// programs keeps the others waiting for a stage, not for all of them.
  void for_each(std::int64_t count, std::int64_t stages,
                const std::function<void(Lane& lane, const Tile& tile, std::int64_t stage)>& body);
  /// Calls body(lane, i) for i < count, in parallel.
  void for_each_part(std::int64_t count, const std::function<void(Lane& lane, std::int64_t i)>& body);
  /// The activations of so many images at once, for a caller that passes over them more than once.
  kernels::cpu::ConvNetwork::Activations& kept(std::int64_t images);

 private:
  std::unique_ptr<kernels::cpu::ConvNetwork> network_;
  std::int64_t pixels_;
  std::size_t scratch_size_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::shared_ptr<kernels::cpu::ConvNetwork::Activations> kept_;
  std::int64_t kept_images_ = 0;
};

}  // namespace cebm
