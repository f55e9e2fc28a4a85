// Columns that several ranks (ranks.h) compute together: rank 0 says which, all compute their rows, whole tiles each.
#pragma once

#include <cebm/columns.h>
#include <cebm/evaluator.h>
#include <cebm/ranks.h>

#include <functional>
#include <memory>

namespace cebm {

class SharedColumns {
 public:
  explicit SharedColumns(std::shared_ptr<Ranks> ranks) : ranks_(std::move(ranks)) {}
  /// With rank 0, ends the help of the others.
  ~SharedColumns();
  SharedColumns(const SharedColumns&) = delete;
  SharedColumns& operator=(const SharedColumns&) = delete;

  /// compute_column() by all ranks, for rank 0. `images` are of the set `feed`.
  torch::Tensor compute(const Feed& feed, const Column& column, ColumnSource& source, const torch::Tensor& images,
                        std::int64_t first);
  /// For the others: computes what rank 0 says until it has no more. `images` gives some of a set.
  using ImagesOf = std::function<torch::Tensor(const Feed& feed, std::int64_t first, std::int64_t count)>;
  void help(ColumnSource& source, const ImagesOf& images);

 private:
  torch::Tensor own_column(const Column& column, ColumnSource& source, std::int64_t first, const Shares& shares);

  std::shared_ptr<Ranks> ranks_;
  torch::Tensor images_;  ///< of the last batch, as they came
  torch::Tensor own_;     ///< this rank's, the same tensor for all columns: what they have in common is computed once
};

}  // namespace cebm
