#include <cebm/bias.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace cebm {

namespace {

/// MixtureBias::mean_parameters for one image.
class MixtureLoops final : public BiasLoops {
 public:
  MixtureLoops(const FamilyLoops& family, const torch::Tensor& natural, bool per_component)
      : family_(family),
        components_(natural.size(0)),
        dims_(natural.size(2)),
        size_(natural.size(1) * natural.size(2)),
        per_component_(per_component),
        natural_(natural.const_data_ptr<float>(), natural.const_data_ptr<float>() + natural.numel()) {
    for (std::int64_t l = 0; l < components_; ++l) {
      log_partitions_.push_back(family_.log_partition(natural_.data() + l * size_, dims_));
    }
  }

  void mean_parameters(const float* statistics, float* means, float* scratch) const override {
    float* const posterior = scratch;
    if (components_ == 1) {
      add(0, statistics, posterior);
      return family_.mean_parameters(posterior, dims_, means);
    }
    float* const of_component = posterior + size_;
    float* const weights = of_component + size_;
    softmax(statistics, posterior, weights);
    std::fill_n(means, per_component_ ? components_ * size_ : size_, 0.0F);
    for (std::int64_t l = 0; l < components_; ++l) {
      if (weights[l] == 0.0F) continue;
      add(l, statistics, posterior);
      family_.mean_parameters(posterior, dims_, of_component);
      float* const sum = per_component_ ? means + l * size_ : means;
      for (std::int64_t i = 0; i < size_; ++i) sum[i] += weights[l] * of_component[i];
    }
  }

  std::size_t scratch_size() const override { return static_cast<std::size_t>(2 * size_ + components_); }

 private:
  /// lambda_l + t_l.
  void add(std::int64_t l, const float* statistics, float* posterior) const {
    const float* const lambda = natural_.data() + l * size_;
    const float* const t = per_component_ ? statistics + l * size_ : statistics;
    for (std::int64_t i = 0; i < size_; ++i) posterior[i] = lambda[i] + t[i];
  }

  /// p(y = l | x).
  void softmax(const float* statistics, float* posterior, float* weights) const {
    for (std::int64_t l = 0; l < components_; ++l) {
      add(l, statistics, posterior);
      weights[l] = family_.log_partition(posterior, dims_) - log_partitions_[static_cast<std::size_t>(l)];
    }
    const float largest = *std::max_element(weights, weights + components_);
    float sum = 0.0F;
    for (std::int64_t l = 0; l < components_; ++l) sum += weights[l] = std::exp(weights[l] - largest);
    for (std::int64_t l = 0; l < components_; ++l) weights[l] /= sum;
  }

  FamilyLoops family_;
  std::int64_t components_;
  std::int64_t dims_;
  std::int64_t size_;  ///< of a set of statistics, P * K
  bool per_component_;
  std::vector<float> natural_;         ///< [L, P, K]
  std::vector<float> log_partitions_;  ///< [L]
};

}  // namespace

std::unique_ptr<BiasLoops> MixtureBias::loops() const {
  const FamilyLoops* const family = family_->loops();
  if (family == nullptr || !parameters_.is_cpu()) return nullptr;  // reading a GPU's memory would wait for it
  const torch::Tensor lambda = natural().detach().to(torch::kFloat).contiguous();
  return std::make_unique<MixtureLoops>(*family, lambda, per_component_);
}

}  // namespace cebm
