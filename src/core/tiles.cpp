#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <cebm/tiles.h>
#include <omp.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <stdexcept>

#include "core/mkl.h"

namespace cebm {

namespace {

std::int64_t tile_size(torch::Device device, std::int64_t count) {
  return device.is_cpu() ? kTileSize : std::max<std::int64_t>(count, 1);
}

/// Makes LibTorch and oneDNN, for the rest of the parallel region, use the calling thread alone.
void work_alone() {
  // LibTorch sets a thread's OpenMP thread count on its first query or operation: trigger that before we set it.
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
    std::optional<mkl::OneThread> alone;
    if (device.is_cpu()) {
      work_alone();
      alone.emplace();  // after LibTorch has passed its own number to MKL
    }
    const torch::AutoGradMode mode(record);  // workers do not inherit the calling thread's mode
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

torch::Tensor map_rows(const torch::Tensor& rows,
                       const std::function<torch::Tensor(const torch::Tensor& rows, std::int64_t first)>& f) {
  if (rows.size(0) == 0) throw std::invalid_argument("map_rows: expected at least one row, found none");
  const torch::NoGradGuard no_graph;
  std::vector<torch::Tensor> parts(static_cast<std::size_t>(tile_count(rows.device(), rows.size(0))));
  for_each_tile(rows.device(), rows.size(0), [&](const Tile& tile) {
    torch::Tensor whole = rows.narrow(0, tile.begin, tile.size);
    if (const std::int64_t missing = rows.is_cpu() ? kTileSize - tile.size : 0; missing > 0) {
      whole = torch::cat({whole, whole.narrow(0, tile.size - 1, 1).repeat_interleave(missing, 0)});
    }
    parts[static_cast<std::size_t>(tile.index)] = f(whole, tile.begin).narrow(0, 0, tile.size);
  });
  return torch::cat(parts);
}

}  // namespace cebm
