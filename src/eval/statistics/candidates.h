// Which rows of a gallery can be among the k nearest of a query, judged by rounded distances with a bound on their
// error.
//
// With q', g' the float rows moved by a centre, the distance is, up to |q'|^2, which is the same for every g,
//   d = |g'|^2 - 2 q'.g'.
// Its float value is wrong by at most margin (|q'|^2 + |g'|^2). With u = 2^-24, the product contributes
// 2 D u |q'||g'| (whatever the order of summation; Higham 2002, Section 3.1), moving the rows 2 u (|q'| + |g'|)^2, the
// other roundings some u. So with
//   low(g) = |g'|^2 (1 - margin) - 2 q'.g',   high(g) = low(g) + 2 margin |g'|^2,
// g can be ruled out once low(g) > [the k-th smallest high] + 2 margin |q'|^2.
#pragma once

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace cebm {

/// Rows may have this many elements; the bound needs D u to stay well below 1.
inline constexpr std::int64_t kMostDimensions = std::int64_t{1} << 20;

/// How far rounded distances can be off.
class RoundingBound {
 public:
  /// `largest` is the largest |q'|^2 + |g'|^2; where products could overflow, nothing is ever ruled out.
  RoundingBound(std::int64_t dimensions, double largest);
  std::vector<float> low(const std::vector<double>& squared_norms) const;
  double gallery_slack(double squared_norm) const { return 2.0 * margin_ * squared_norm; }
  double query_slack(double squared_norm) const;

 private:
  double margin_;
  double smallest_;  ///< absolute error of products that underflow
  bool usable_;
};

/// (q, g) -> sum_i (q_i - g_i)^2 in double.
struct ExactDistance {
  const float* gallery;  ///< its first row
  const float* query;
  std::int64_t dimensions;
  double operator()(std::int64_t row) const;
};

/// Products of one query with consecutive rows of the gallery.
struct Products {
  const float* products;   ///< q'.g'
  const float* low_norms;  ///< RoundingBound::low
  const double* squared_norms;
  std::int64_t first;  ///< the first row
  std::int64_t count;
};

/// What is left of the gallery for one query; rows must come in order.
class Candidates {
 public:
  Candidates(std::int64_t k, double query_slack, ExactDistance distance)
      : k_(static_cast<std::size_t>(k)), query_slack_(query_slack), distance_(distance) {}

  void scan(const Products& block, const RoundingBound& bound);
  /// Writes the k nearest.
  void finish(std::int64_t* index, double* squared_distance);

 private:
  struct Candidate {
    float low;
    std::int64_t row;
  };
  void accept(Candidate candidate, double slack);
  void drop_ruled_out();
  /// The k nearest by their exact distances, in order.
  std::vector<std::pair<double, std::int64_t>> ranked() const;

  std::size_t k_;
  double query_slack_;
  ExactDistance distance_;
  std::vector<Candidate> candidates_;
  std::vector<double> highs_;  ///< a heap of the k smallest, the largest first
  float limit_ = std::numeric_limits<float>::infinity();
};

}  // namespace cebm
