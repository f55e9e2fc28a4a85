// The functions of the sums t_i + t'_j that the pair objective needs, for some rows i and all j at a time.
#pragma once

#include <cebm/bias.h>
#include <cebm/tiles.h>

#include <memory>

namespace cebm {

class PairTerms {
 public:
  virtual ~PairTerms() = default;
  /// D(t_i + t'_j) of the rows: [b, B].
  virtual torch::Tensor values(const Tile& rows) const = 0;
  /// sum_j w_ij m(t_i + t'_j) for weights [b, B]: [b, S, P, K]; adds sum_i w_ij m(t_i + t'_j) to `of_second`
  /// [B, S, P, K].
  virtual torch::Tensor add_gradient(const Tile& rows, const torch::Tensor& weights,
                                     const torch::Tensor& of_second) const = 0;
};

/// Through the bias's own functions, a few rows at a time.
std::unique_ptr<PairTerms> tensor_pair_terms(const ConjugateBias& bias, const torch::Tensor& first,
                                             const torch::Tensor& second);
/// By loops over float32 numbers in the CPU's memory; null if there are none for the bias or the statistics are not
/// such numbers.
std::unique_ptr<PairTerms> loop_pair_terms(const ConjugateBias& bias, const torch::Tensor& first,
                                           const torch::Tensor& second);

}  // namespace cebm
