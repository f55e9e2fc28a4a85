/// Counter-based random numbers for sampling a batch's rows: as many as a distribution needs, even with rejection.
#pragma once

#include <cebm/random.h>
#include <torch/types.h>

#include <cstdint>

namespace cebm {

/// Each number is a function of the key, its row's chain, and its index: a draw does not depend on the other rows, nor
/// on how often they were rejected.
class Draws {
 public:
  /// Row b uses chain chains[b] (int64 [n]); numbers have the type and device of `options`.
  Draws(RandomKey key, torch::Tensor chains, torch::TensorOptions options);

  /// The draws of some rows (int64 [m]).
  Draws of_rows(const torch::Tensor& rows) const;

  std::int64_t rows() const { return chains_.size(0); }
  /// Number `index` of each of `width` variables, N(0, 1): [n, width].
  torch::Tensor normal(std::uint32_t index, std::int64_t width) const;
  /// The same, uniform on (0, 1), independent of normal().
  torch::Tensor uniform(std::uint32_t index, std::int64_t width) const;
  /// A stream of numbers that is independent of this one and of every part with another index.
  Draws part(std::uint32_t index) const;

 private:
  RandomKey key_;
  torch::Tensor chains_;
  torch::TensorOptions options_;
};

}  // namespace cebm
