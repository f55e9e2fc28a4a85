// The rows of a logistic regression, computed on demand.
#pragma once

#include <cebm/logistic_regression.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace cebm {

struct Tile;

/// x_i for some rows of features [N, D], each ending with a feature 1.
class LogisticRows {
 public:
  /// Throws std::invalid_argument for other shapes or types than logistic_regression.h names.
  LogisticRows(const torch::Tensor& features, torch::Tensor chosen, const LogisticRegressionSettings& settings);

  std::int64_t count() const { return chosen_.size(0); }
  std::int64_t width() const { return features_.size(1) + 1; }

  /// x_i for rows i [n] int64, [n, D + 1] of a type. Throws NumericsError if a feature is not finite.
  torch::Tensor at(const torch::Tensor& i, torch::ScalarType type) const;
  /// x_i for at most `most` rows, evenly spread over all of them.
  torch::Tensor spread(std::int64_t most) const;
  /// Indices of the rows that `spread` takes.
  torch::Tensor spread_places(std::int64_t most) const;

  // Scaling every row would take longer than the products with it, so that passes over all rows see them as they are
  // stored: r_i, of which x_i is an affine function.

  /// Whether products of raw rows and weights can be float32. Not where a scaled feature varies little around a large
  /// mean: it is the small difference of two large products.
  bool float_suffices() const;
  /// [K, D + 1] float64 with the same products: raw_weights(w) r_i = w x_i.
  torch::Tensor raw_weights(const torch::Tensor& weights) const;
  /// r_i for i in [begin, begin + size), as at().
  torch::Tensor raw(std::int64_t begin, std::int64_t size, torch::ScalarType type = torch::kDouble) const;
  /// sum_i f_ki x_i, [K, D + 1] float64, where f gives [K, n] for a tile of n rows r [n, D + 1], both of `type`, in
  /// which the tile is also summed. Tiles are computed in parallel and added in order, so that the result does not
  /// depend on the number of threads.
  torch::Tensor weighted_sum(std::int64_t classes, torch::ScalarType type,
                             const std::function<torch::Tensor(const Tile& tile, const torch::Tensor& r)>& f) const;

 private:
  /// r_i of some rows of the features.
  torch::Tensor numbers(const torch::Tensor& stored, const torch::Tensor& places, torch::ScalarType type) const;
  torch::Tensor scaled(torch::Tensor rows) const;

  torch::Tensor features_, chosen_, mean_, deviation_;
  double unit_;       ///< what a stored number 1 stands for
  bool consecutive_;  ///< rows that are neighbours in memory, in their order
};

}  // namespace cebm
