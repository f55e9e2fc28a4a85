#include <cebm/loss_gradient.h>

#include "models/plan_gradient.h"
#include "models/tile_loss.h"

namespace cebm {

torch::Tensor add_loss_gradient(const std::vector<torch::Tensor>& parameters, torch::Device device, std::int64_t count,
                                const std::function<torch::Tensor(const Tile& tile)>& values,
                                const std::function<torch::Tensor(const torch::Tensor& values)>& loss) {
  TileLoss tiled(device, count, values, loss);
  add_in_order(parameters, tiled.gradients([&](const Tile&) { return parameters; }));
  return tiled.value();
}

torch::Tensor add_energy_loss_gradient(EnergyModel& model, const torch::Tensor& x,
                                       const std::function<torch::Tensor(const torch::Tensor& energies)>& loss) {
  if (const auto value = add_plan_gradient(model, x, loss)) return *value;
  const auto energies = [&](const Tile& tile) { return model.energy(x.narrow(0, tile.begin, tile.size)); };
  return add_loss_gradient(model.parameters(), x.device(), x.size(0), energies, loss);
}

}  // namespace cebm
