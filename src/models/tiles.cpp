#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <cebm/tiles.h>
#include <omp.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <exception>

#include "models/plan_gradient.h"

namespace cebm {

namespace {

std::int64_t tile_size(torch::Device device, std::int64_t count) {
  return device.is_cpu() ? kTileSize : std::max<std::int64_t>(count, 1);
}

/// Makes every library called by this thread, for the rest of the parallel region, use this thread alone.
void work_alone() {
  // LibTorch sets a thread's number on the first question or operation there; it must not do so after us.
  (void)at::get_num_threads();
  // oneDNN sizes its team by this number even inside a parallel region, and would wait for threads that never come.
  omp_set_num_threads(1);
}

}  // namespace

std::int64_t tile_count(torch::Device device, std::int64_t count) {
  const std::int64_t size = tile_size(device, count);
  return (count + size - 1) / size;
}

void for_each_tile(torch::Device device, std::int64_t count, const std::function<void(const Tile&)>& body) {
  for_each_tile(device, count, tile_size(device, count), body);
}

void for_each_tile(torch::Device device, std::int64_t count, std::int64_t size,
                   const std::function<void(const Tile&)>& body) {
  const std::int64_t tiles = (count + size - 1) / size;
  const bool record = torch::GradMode::is_enabled();
  std::exception_ptr failure;
#pragma omp parallel if (device.is_cpu())
  {
    if (device.is_cpu()) work_alone();
    const torch::AutoGradMode mode(record);  // worker threads start with a mode of their own
#pragma omp for schedule(dynamic) nowait
    for (std::int64_t i = 0; i < tiles; ++i) {
      try {
        body({i, i * size, std::min(size, count - i * size)});
      } catch (...) {
#pragma omp critical
        failure = std::current_exception();
      }
    }
  }
  if (failure) std::rethrow_exception(failure);
}

torch::Tensor add_loss_gradient(const std::vector<torch::Tensor>& parameters, torch::Device device, std::int64_t count,
                                const std::function<torch::Tensor(const Tile& tile)>& values,
                                const std::function<torch::Tensor(const torch::Tensor& values)>& loss) {
  const torch::AutoGradMode record(true);
  const auto tiles = static_cast<std::size_t>(tile_count(device, count));
  std::vector<torch::Tensor> parts(tiles);
  for_each_tile(device, count, [&](const Tile& tile) { parts[static_cast<std::size_t>(tile.index)] = values(tile); });

  const torch::Tensor all = torch::cat(parts).detach().requires_grad_(true);
  const torch::Tensor value = loss(all);
  const torch::Tensor derivative = torch::autograd::grad({value}, {all})[0];

  std::vector<torch::autograd::variable_list> gradients(tiles);
  for_each_tile(device, count, [&](const Tile& tile) {
    const auto index = static_cast<std::size_t>(tile.index);
    gradients[index] = torch::autograd::grad({parts[index]}, parameters, {derivative.narrow(0, tile.begin, tile.size)},
                                             /*retain_graph=*/false,
                                             /*create_graph=*/false, /*allow_unused=*/true);
    parts[index] = torch::Tensor();  // frees the tile's graph
  });

  const torch::NoGradGuard no_graph;
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    for (const auto& tile : gradients) {
      if (!tile[p].defined()) continue;
      torch::Tensor& sum = parameters[p].mutable_grad();
      if (sum.defined()) {
        sum.add_(tile[p]);
      } else {
        sum = tile[p].clone();
      }
    }
  }
  return value.detach();
}

torch::Tensor add_energy_loss_gradient(EnergyModel& model, const torch::Tensor& x,
                                       const std::function<torch::Tensor(const torch::Tensor& energies)>& loss) {
  if (const auto value = add_plan_gradient(model, x, loss)) return *value;
  const auto energies = [&](const Tile& tile) { return model.energy(x.narrow(0, tile.begin, tile.size)); };
  return add_loss_gradient(model.parameters(), x.device(), x.size(0), energies, loss);
}

}  // namespace cebm
