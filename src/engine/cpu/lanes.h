// What each thread computes its images with.
#pragma once

#include <cebm/tiles.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "kernels/cpu/conv_network.h"

namespace cebm {

/// Images that a thread computes at once: enough rows for the small layers, few enough to stay in the cache.
inline constexpr std::int64_t kLaneImages = 4;

/// Dense float32 numbers of a lane's images.
struct Lane {
  Lane(const kernels::cpu::ConvNetwork& network, std::int64_t pixels, std::size_t scratch_size);

  std::shared_ptr<kernels::cpu::ConvNetwork::Workspace> workspace;
  std::vector<float> outputs;
  std::vector<float> gradient;  ///< with respect to the outputs
  std::vector<float> image_gradient;
  std::vector<float> scale;
  std::vector<float> scratch;  ///< the head's
};

/// A packed network and a lane for each thread, made when the thread first needs one.
class Lanes {
 public:
  /// `pixels` of an image; `scratch_size` numbers for the head.
  Lanes(std::unique_ptr<kernels::cpu::ConvNetwork> network, std::int64_t pixels, std::size_t scratch_size);

  const kernels::cpu::ConvNetwork& network() const { return *network_; }
  /// The same network with other weights, and a head that needs other scratch.
  void replace(std::unique_ptr<kernels::cpu::ConvNetwork> network, std::size_t scratch_size);
  /// Calls body(lane, tile) for tiles of at most kLaneImages of `count` images, in parallel.
  void for_each(std::int64_t count, const std::function<void(Lane& lane, const Tile& tile)>& body);
  /// The same for tiles of `size` images, which the body splits itself.
  void for_each(std::int64_t count, std::int64_t size, const std::function<void(Lane& lane, const Tile& tile)>& body);

 private:
  std::unique_ptr<kernels::cpu::ConvNetwork> network_;
  std::int64_t pixels_;
  std::size_t scratch_size_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace cebm
