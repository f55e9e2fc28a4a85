// Scalar products of all pairs of two sets of points, a row of them at a time.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace cebm {

/// Points [N, D] in double, both as rows and as columns.
class PointMatrix {
 public:
  explicit PointMatrix(const torch::Tensor& points);

  std::int64_t size() const { return rows_.size(0); }
  std::int64_t dimensions() const { return rows_.size(1); }
  const torch::Tensor& rows() const { return rows_; }
  const double* row(std::int64_t i) const { return rows_.const_data_ptr<double>() + i * dimensions(); }
  /// out[j] = x^T p_j, summed in the order of the dimensions.
  void products(const double* x, double* out) const;

 private:
  torch::Tensor rows_;     ///< [N, D]
  torch::Tensor columns_;  ///< [D, N]
};

/// Calls body(i, products of a's point i with all points of b) for all i, in parallel.
void for_each_row_of_products(const PointMatrix& a, const PointMatrix& b,
                              const std::function<void(std::int64_t i, const std::vector<double>& products)>& body);

}  // namespace cebm
