// The inverse of a logistic regression's Hessian, exact or approximate.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "eval/statistics/logistic_rows.h"

namespace cebm {

/// For each class k M_k = I + sum_i a_ki x_i x_i^T. With more rows than features, and not too many features, M_k itself
/// is summed, over the rows with nearly all of the curvature, and inverted; this can cost as much as many products
/// with the Hessian, so that a stale inverse is kept while it serves. Otherwise the Woodbury identity is used, with X
/// the rows, or a sample that stands for all rows, and A = diag(a_k):
///   M_k^-1 r = r - X^T A^1/2 (I + A^1/2 X X^T A^1/2)^-1 A^1/2 X r
/// Only the matrix in the middle, as large as the sample, is then inverted for each class.
class NewtonPreconditioner {
 public:
  explicit NewtonPreconditioner(const LogisticRows& rows);

  /// After how many products with the Hessian in a Newton step a new inverse saves more time than it takes.
  std::int64_t patience() const;
  /// Inverts M_k of the `open` classes, given the curvature a_ki [K, N]; once if it is the same for all, as it is
  /// before the first step.
  void invert(const torch::Tensor& curvature, const std::vector<bool>& open);
  /// M_k^-1 r for a class that was open, r [D + 1].
  torch::Tensor solve(std::int64_t k, const torch::Tensor& r) const;

 private:
  torch::Tensor matrix(std::int64_t k, const torch::Tensor& curvature) const;
  torch::Tensor whole_matrix(const torch::Tensor& curvature) const;
  torch::Tensor sample_matrix(const torch::Tensor& root) const;

  const LogisticRows& all_;
  bool whole_;
  std::vector<torch::Tensor> inverses_;  ///< of each class's matrix
  // Of the sample; unused if M_k itself is inverted.
  torch::Tensor places_;    ///< [S]
  torch::Tensor rows_;      ///< [S, D + 1]
  torch::Tensor products_;  ///< X X^T [S, S]
  torch::Tensor roots_;     ///< (a N / S)^1/2 [K, S]: each row of the sample stands for N / S rows
};

}  // namespace cebm
