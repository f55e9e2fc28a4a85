/// Processes that train, evaluate or sample together: ranks 0 .. size - 1, each with a share of the work.
///
/// Random numbers do not depend on the rank (random.h). Values that combine images (losses, metrics, statistics) are
/// computed by every rank from the gathered values of all ranks, so that all have the same numbers and take the same
/// decisions. Gradients are added up in the order of the images.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cebm {

/// Which of `count` rows each rank computes: rank r those from begin(r) on.
class Shares {
 public:
  /// Splits the rows into whole units of `unit` rows, as evenly as possible, in the order of the ranks. The unit is
  /// halved until there is one for each rank. Throws std::invalid_argument if there are fewer rows than ranks.
  Shares(std::int64_t count, std::int64_t unit, int ranks);
  std::int64_t begin(int rank) const;
  std::int64_t size(int rank) const { return sizes_[static_cast<std::size_t>(rank)]; }
  const std::vector<std::int64_t>& sizes() const { return sizes_; }

 private:
  std::vector<std::int64_t> sizes_;
};

/// All ranks must call the collective functions (gather, accumulate, joined, texts, any, require_same, lead) in the
/// same order. These throw RanksError (errors.h) if another rank has ended or cannot be reached within the time limit;
/// after that, none of them may be called again.
class Ranks {
 public:
  virtual ~Ranks() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// Concatenates the rows of all ranks, in the order of the ranks: [sizes[r], ...] -> [sum of sizes, ...], dense.
  virtual torch::Tensor gather(const torch::Tensor& rows, const std::vector<std::int64_t>& sizes) = 0;
  /// Sums in the order of the ranks: each rank's `add` is called once and adds to `flat`, which on rank 0 starts as
  /// given and on every other rank as the previous rank's result. Afterwards `flat` is the last rank's result on all
  /// ranks.
  virtual void accumulate(const torch::Tensor& flat, const std::function<void()>& add) = 0;

  /// Whether this is rank 0, which writes files and messages for all.
  bool leads() const { return rank() == 0; }
  bool alone() const { return size() == 1; }
  Shares shares(std::int64_t count, std::int64_t unit = 1) const { return {count, unit, size()}; }
  /// This rank's rows.
  torch::Tensor own(const torch::Tensor& rows, const Shares& shares) const;
  /// Gathers all rows from each rank's own; differentiable with respect to this rank's own rows.
  torch::Tensor joined(const torch::Tensor& own, const Shares& shares);
  /// The texts of all ranks, by rank.
  std::vector<std::string> texts(const std::string& own);
  /// Logical or of all ranks' flags, entry by entry; every rank passes equally many.
  std::vector<bool> any(const std::vector<bool>& own);
  /// Throws ConfigError on all ranks, naming `what`, unless all have the same text: that of what they must agree on
  /// before they share work.
  void require_same(const std::string& what, const std::string& own);
  /// Calls `f` on rank 0 alone. If it throws, the others throw RanksError with its message.
  void lead(const std::function<void()>& f);
};

/// One process that works alone.
std::shared_ptr<Ranks> single_rank();

}  // namespace cebm
