// Evaluates a function of images through LibTorch such that an image's result has the same bits in any batch.
#pragma once

#include <cebm/tiles.h>

#include <functional>

namespace cebm {

/// map_rows with every tile in the same memory format, by which LibTorch chooses its convolutions.
inline torch::Tensor by_rows(const torch::Tensor& images, const std::function<torch::Tensor(const torch::Tensor&)>& f) {
  return map_rows(
      images, [&](const torch::Tensor& tile, std::int64_t) { return f(tile.clone(torch::MemoryFormat::Contiguous)); });
}

}  // namespace cebm
