// A function of images through LibTorch, with the same bits for an image in any batch.
#pragma once

#include <cebm/tiles.h>

#include <functional>

namespace cebm {

/// map_rows with every tile in one memory format: LibTorch chooses its convolutions by it.
inline torch::Tensor by_rows(const torch::Tensor& images, const std::function<torch::Tensor(const torch::Tensor&)>& f) {
  return map_rows(
      images, [&](const torch::Tensor& tile, std::int64_t) { return f(tile.clone(torch::MemoryFormat::Contiguous)); });
}

}  // namespace cebm
