// Some rows of many, drawn by seed.
#pragma once

#include <ATen/ops/arange.h>
#include <ATen/ops/sort.h>
#include <cebm/random.h>

namespace cebm {

/// Ascending numbers of all of `count` rows, or of `most` different ones drawn by `key`: int64 on the CPU.
inline torch::Tensor drawn_rows(std::int64_t count, std::int64_t most, RandomKey key) {
  if (count <= most) return torch::arange(count, torch::kLong);
  return std::get<0>(torch::tensor(random_subset(count, most, key), torch::kLong).sort());
}

}  // namespace cebm
