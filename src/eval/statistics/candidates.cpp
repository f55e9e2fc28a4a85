#include "eval/statistics/candidates.h"

#include <algorithm>
#include <cmath>

namespace cebm {

namespace {

constexpr double kUnitRoundoff = 0x1p-24;
/// Roundings besides those of the product, generously.
constexpr double kOtherRoundings = 16.0;
/// Beyond k: lists longer than this are looked through again.
constexpr std::size_t kMostCandidates = 256;

}  // namespace

RoundingBound::RoundingBound(std::int64_t dimensions, double largest)
    : margin_((1.1 * static_cast<double>(dimensions) + kOtherRoundings) * kUnitRoundoff),
      smallest_(8.0 * static_cast<double>(dimensions) * std::numeric_limits<float>::min()),
      usable_(8.0 * largest < std::numeric_limits<float>::max()) {}

std::vector<float> RoundingBound::low(const std::vector<double>& squared_norms) const {
  std::vector<float> result;
  result.reserve(squared_norms.size());
  for (const double norm : squared_norms) result.push_back(static_cast<float>(norm * (1.0 - margin_)));
  return result;
}

double RoundingBound::query_slack(double squared_norm) const {
  return usable_ ? 2.0 * margin_ * squared_norm + smallest_ : std::numeric_limits<double>::infinity();
}

double ExactDistance::operator()(std::int64_t row) const {
  const float* const other = gallery + row * dimensions;
  double sum = 0.0;
  for (std::int64_t i = 0; i < dimensions; ++i) {
    const double difference = double{query[i]} - double{other[i]};
    sum += difference * difference;
  }
  return sum;
}

void Candidates::scan(const Products& block, const RoundingBound& bound) {
  for (std::int64_t j = 0; j < block.count; ++j) {
    const float low = block.low_norms[j] - 2.0F * block.products[j];
    if (low > limit_) continue;
    accept({low, block.first + j}, bound.gallery_slack(block.squared_norms[j]));
  }
}

void Candidates::accept(Candidate candidate, double slack) {
  candidates_.push_back(candidate);
  if (std::isfinite(query_slack_)) {
    const double high = double{candidate.low} + slack;
    if (highs_.size() < k_ || high < highs_.front()) {
      if (highs_.size() == k_) {
        std::pop_heap(highs_.begin(), highs_.end());
        highs_.pop_back();
      }
      highs_.push_back(high);
      std::push_heap(highs_.begin(), highs_.end());
    }
    if (highs_.size() == k_) limit_ = static_cast<float>(highs_.front() + query_slack_);
  }
  if (candidates_.size() >= kMostCandidates + 2 * k_) drop_ruled_out();
}

void Candidates::drop_ruled_out() {
  std::erase_if(candidates_, [&](const Candidate& candidate) { return candidate.low > limit_; });
  if (candidates_.size() < kMostCandidates / 2 + 2 * k_) return;
  // Too many are too close to tell apart. Rows that come later lose a tie, so the k nearest of these are enough.
  std::vector<std::int64_t> kept;
  for (const auto& [distance, row] : ranked()) kept.push_back(row);
  std::erase_if(candidates_, [&](const Candidate& candidate) {
    return std::find(kept.begin(), kept.end(), candidate.row) == kept.end();
  });
}

std::vector<std::pair<double, std::int64_t>> Candidates::ranked() const {
  std::vector<std::pair<double, std::int64_t>> all;
  for (const Candidate& candidate : candidates_) {
    if (!(candidate.low > limit_)) all.emplace_back(distance_(candidate.row), candidate.row);
  }
  const auto k = static_cast<std::ptrdiff_t>(std::min(k_, all.size()));
  std::partial_sort(all.begin(), all.begin() + k, all.end());
  all.resize(static_cast<std::size_t>(k));
  return all;
}

void Candidates::finish(std::int64_t* index, double* squared_distance) {
  for (const auto& [distance, row] : ranked()) {
    *index++ = row;
    *squared_distance++ = distance;
  }
  candidates_ = {};
}

}  // namespace cebm
