#include <cebm/loss_gradient.h>

#include "core/tile_loss.h"

namespace cebm {

torch::Tensor add_loss_gradient(const std::vector<torch::Tensor>& parameters, torch::Device device, std::int64_t count,
                                const std::function<torch::Tensor(const Tile& tile)>& values,
                                const std::function<torch::Tensor(const torch::Tensor& values)>& loss,
                                GradientParts* parts) {
  TileLoss tiled(device, count, device.is_cpu() ? kTileSize : std::max<std::int64_t>(count, 1), values, loss);
  add_in_order(parameters, tiled.gradients([&](const Tile&) { return parameters; }), parts);
  return tiled.value();
}

}  // namespace cebm
