/// How near a set of samples is to a set of real images, both as points in a feature space: distances between their
/// distributions, and how much of one lies near the other.
///
/// All sums are in double and in the order of the rows, so that results depend neither on the number of threads nor on
/// the processor's matrix products.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>

namespace cebm {

/// Mean and sample covariance of points.
struct GaussianMoments {
  torch::Tensor mean;        ///< [D] double
  torch::Tensor covariance;  ///< [D, D] double
};

/// Of points [N, D], N >= 2. Throws std::invalid_argument for fewer.
GaussianMoments moments_of(const torch::Tensor& points);

/// The Frechet distance between two Gaussians (Dowson and Landau 1982), which between features of images is the FID's
/// (Heusel et al. 2017):
///   d = |m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^{1/2}).
/// Estimated from N samples it is biased upwards, roughly in proportion to 1 / N: compare only values of equal N.
double frechet_distance(const GaussianMoments& a, const GaussianMoments& b);

/// The squared maximum mean discrepancy with the kernel k(a, b) = (a^T b / D + 1)^3 (Binkowski et al. 2018, KID), over
/// all pairs, unbiased: its expectation is 0 for two sets of the same distribution, so it may be negative.
struct KernelDistance {
  double value = 0.0;
  double standard_error = 0.0;  ///< by leaving out one point at a time (jackknife)
};

/// The k of a point's ball, whose radius is the distance to the k-th nearest other point of its set.
struct BallSizes {
  std::int64_t precision = 3;  ///< Kynkaanniemi et al. 2019
  std::int64_t coverage = 5;   ///< Naeem et al. 2020
};

/// Distances and shares between samples and real points. Shares are in [0, 1]; density may be above 1.
struct SampleQuality {
  double frechet = 0.0;
  KernelDistance kernel;
  double precision = 0.0;  ///< share of the samples that lie in a real point's ball: do they look real?
  double recall = 0.0;     ///< share of the real points that lie in a sample's ball: are all kinds of images there?
  double density = 0.0;    ///< mean number of real balls around a sample, over k; 1 for the real distribution
  double coverage = 0.0;   ///< share of the real points whose ball holds a sample
};

/// Points with the quantities that comparisons need of this set alone. Takes 16 N D bytes.
class PointSet {
 public:
  /// points [N, D] of any floating-point type. Throws DataError for fewer points than a ball needs, naming `what`;
  /// NumericsError for one that is not finite.
  PointSet(const torch::Tensor& points, const std::string& what, const BallSizes& balls = {});
  ~PointSet();
  PointSet(PointSet&&) noexcept;
  PointSet& operator=(PointSet&&) noexcept;

  std::int64_t size() const;

 private:
  friend SampleQuality compare(const PointSet& real, const PointSet& samples);
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

/// Compares two sets with the same ball sizes. Takes O(N_real N_samples D) time, and memory for a row of scalar
/// products per thread.
SampleQuality compare(const PointSet& real, const PointSet& samples);

}  // namespace cebm
