// ConjugateBias::mean_parameters and log_partition_difference of a mixture as loops over one image's statistics.
#pragma once

#include <cebm/bias.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace cebm {

/// A family's functions over float32 numbers in the CPU's memory, [P, K] dense.
struct FamilyLoops {
  /// sum_k A(lambda_k).
  float (*log_partition)(const float* natural, std::int64_t dims) = nullptr;
  /// m(lambda), [P, K].
  void (*mean_parameters)(const float* natural, std::int64_t dims, float* means) = nullptr;
};

class MixtureLoops {
 public:
  MixtureLoops(const FamilyLoops& family, const torch::Tensor& natural, const torch::Tensor& log_weights,
               bool per_component);

  std::int64_t dims() const { return dims_; }
  /// S P K, the number of statistics of an image.
  std::int64_t statistics() const { return (per_component_ ? components_ : 1) * size_; }
  /// [S, P, K] -> [S, P, K]. `scratch` has room for scratch_size() numbers.
  void mean_parameters(const float* statistics, float* means, float* scratch) const;
  /// For statistics [S, P, K].
  float log_partition_difference(const float* statistics, float* scratch) const;
  std::size_t scratch_size() const { return static_cast<std::size_t>(2 * size_ + components_); }

 private:
  /// lambda_l + t_l.
  void add(std::int64_t l, const float* statistics, float* posterior) const;
  /// sum_k A(lambda_lk + t_lk) - A(lambda_lk), plus log_weights_, of every component; returns the largest.
  float scores(const float* statistics, float* posterior, float* of_components) const;
  /// p(y = l | x).
  void softmax(const float* statistics, float* posterior, float* weights) const;

  FamilyLoops family_;
  std::int64_t components_;
  std::int64_t dims_;
  std::int64_t size_;  ///< P K
  bool per_component_;
  std::vector<float> natural_;
  std::vector<float> log_partitions_;  ///< sum_k A(lambda_lk)
  float largest_log_weight_;
  std::vector<float> log_weights_;  ///< log pi_l less the largest of them: zero where all are equal
};

/// Null where there are no loops for the family, or its parameters are not in the CPU's memory.
std::unique_ptr<MixtureLoops> mixture_loops(const MixtureForm& form);

}  // namespace cebm
