/// Exact nearest neighbours by L2 distance, and classification by them (paper, Section 5.1 and Appendix F).
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace cebm {

/// For each query its k nearest rows of the gallery, the nearest first.
struct Neighbors {
  torch::Tensor index;             ///< [Q, k] int64, rows of the gallery
  torch::Tensor squared_distance;  ///< [Q, k] double
};

/// The k nearest of gallery [N, D] to each of queries [Q, D], both float32 as they are, or both uint8 standing for
/// value / 255, on the CPU. The distance is
///   d(q, g) = sum_i (q_i - g_i)^2,
/// in double and in the order of i; equal distances are in the order of the gallery. Matrix products in float32 select
/// the rows that may be among the nearest, with a margin for their rounding errors; d is computed for these alone. So
/// the result is that of an exhaustive search, for any number of threads. Takes memory for 128 N float32 besides the
/// result. Throws std::invalid_argument if shapes or types do not fit; DataError if either set is empty or the gallery
/// has fewer than k rows; NumericsError naming the first row that is not finite.
Neighbors nearest_neighbors(const torch::Tensor& gallery, const torch::Tensor& queries, std::int64_t k);

/// The class of each query by a majority vote of its neighbours; among equally frequent classes that of the nearest.
/// labels: [N] int64 >= 0 of the gallery. Returns [Q] int64.
torch::Tensor vote(const Neighbors& neighbors, const torch::Tensor& labels);

/// counts[t][p]: how many images of class t were taken for class p, [classes, classes] int64.
/// Throws std::invalid_argument if a label is not in 0 .. classes - 1 or the lengths differ.
torch::Tensor confusion_matrix(const torch::Tensor& truth, const torch::Tensor& predicted, std::int64_t classes);

}  // namespace cebm
