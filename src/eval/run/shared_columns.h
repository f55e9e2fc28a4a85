// Columns that several ranks (ranks.h) compute together: rank 0 chooses them, each rank computes its tiles.
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
  /// On rank 0, ends help() of the other ranks.
  ~SharedColumns();
  SharedColumns(const SharedColumns&) = delete;
  SharedColumns& operator=(const SharedColumns&) = delete;

  /// Called by rank 0: compute_column() shared by all ranks. `images` are of the set `feed`.
  torch::Tensor compute(const Feed& feed, const Column& column, ColumnSource& source, const torch::Tensor& images,
                        std::int64_t first);
  /// Called by the other ranks: computes their rows until rank 0 is done. `images` returns `count` images of a set.
  using ImagesOf = std::function<torch::Tensor(const Feed& feed, std::int64_t first, std::int64_t count)>;
  void help(ColumnSource& source, const ImagesOf& images);

 private:
  torch::Tensor own_column(const Column& column, ColumnSource& source, std::int64_t first, const Shares& shares);

  std::shared_ptr<Ranks> ranks_;
  torch::Tensor images_;  ///< the last batch, as passed to compute()
  torch::Tensor own_;     ///< this rank's rows of it; kept, so that the columns of a batch share intermediate results
};

}  // namespace cebm
