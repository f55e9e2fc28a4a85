/// Processes that train, evaluate or sample together: ranks 0 .. size - 1, each with a share of the work.
///
/// What is random depends on no rank (random.h). What images meet in (losses, metrics, statistics) is computed by every
/// rank from the values of all, which are gathered: so all ranks know the same numbers and decide alike. Gradients are
/// added up in one order, that of the images.
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
  /// Whole units of rows, as even as can be, in the order of the ranks. A unit is halved until there is one for each
  /// rank. Throws std::invalid_argument if there are fewer rows than ranks.
  Shares(std::int64_t count, std::int64_t unit, int ranks);
  std::int64_t begin(int rank) const;
  std::int64_t size(int rank) const { return sizes_[static_cast<std::size_t>(rank)]; }
  const std::vector<std::int64_t>& sizes() const { return sizes_; }

 private:
  std::vector<std::int64_t> sizes_;
};

/// Every function that speaks of all ranks is called by all of them, in the same order. Throws RanksError (errors.h)
/// where another one has ended or cannot be reached within the time limit; then nothing more can be asked.
class Ranks {
 public:
  virtual ~Ranks() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// The rows of all ranks, one rank's below the other's: [sizes[r], ...] -> [sum of sizes, ...], dense.
  virtual torch::Tensor gather(const torch::Tensor& rows, const std::vector<std::int64_t>& sizes) = 0;
  /// Sums in an order: `add` of rank 0 is called first and finds `flat` as it is, that of each other rank finds it as
  /// the one before has left it. Afterwards all have what the last one has left.
  virtual void accumulate(const torch::Tensor& flat, const std::function<void()>& add) = 0;

  /// Rank 0 writes files and speaks for all.
  bool leads() const { return rank() == 0; }
  bool alone() const { return size() == 1; }
  Shares shares(std::int64_t count, std::int64_t unit = 1) const { return {count, unit, size()}; }
  /// This rank's rows.
  torch::Tensor own(const torch::Tensor& rows, const Shares& shares) const;
  /// All rows from each rank's own ones; the gradient with respect to these flows back.
  torch::Tensor joined(const torch::Tensor& own, const Shares& shares);
  /// The texts of all ranks.
  std::vector<std::string> texts(const std::string& own);
  /// Whether any rank says so, for each of the questions.
  std::vector<bool> any(const std::vector<bool>& own);
  /// Calls `f` on rank 0 alone. Where it throws, the others throw RanksError with its message.
  void lead(const std::function<void()>& f);
};

/// One process that works alone.
std::shared_ptr<Ranks> single_rank();

}  // namespace cebm
