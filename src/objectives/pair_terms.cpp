#include "objectives/pair_terms.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/cpu/mixture_loops.h"

namespace cebm {

namespace {

/// Statistics computed at once: few enough for a fast cache on the CPU, enough to keep a GPU busy.
std::int64_t numbers_at_once(torch::Device device) { return device.is_cpu() ? 1 << 18 : 1 << 24; }

class TensorPairTerms final : public PairTerms {
 public:
  TensorPairTerms(const ConjugateBias& bias, torch::Tensor first, torch::Tensor second)
      : bias_(bias), first_(std::move(first)), second_(std::move(second)) {}

  torch::Tensor values(const Tile& rows) const override {
    std::vector<torch::Tensor> parts;
    for_each_part(rows, [&](std::int64_t begin, std::int64_t count) {
      parts.push_back(bias_.log_partition_difference(sums(begin, count)).view({count, second_.size(0)}));
    });
    return torch::cat(parts);
  }

  torch::Tensor add_gradient(const Tile& rows, const torch::Tensor& weights,
                             const torch::Tensor& of_second) const override {
    std::vector<torch::Tensor> parts;
    for_each_part(rows, [&](std::int64_t begin, std::int64_t count) {
      const torch::Tensor means =
          bias_.mean_parameters(sums(begin, count)).view({count, second_.size(0), -1});  // [b, B, S P K]
      const torch::Tensor w = weights.narrow(0, begin - rows.begin, count);
      parts.push_back(torch::bmm(w.unsqueeze(1), means).squeeze(1));
      of_second.add_((means * w.unsqueeze(2)).sum(0).view_as(of_second));
    });
    return torch::cat(parts).view_as(first_.narrow(0, rows.begin, rows.size));
  }

 private:
  template <class Body>
  void for_each_part(const Tile& rows, const Body& body) const {
    const std::int64_t size = std::max<std::int64_t>(1, numbers_at_once(second_.device()) / second_.numel());
    for (std::int64_t done = 0; done < rows.size; done += size) {
      body(rows.begin + done, std::min(size, rows.size - done));
    }
  }

  torch::Tensor sums(std::int64_t begin, std::int64_t count) const {
    return (first_.narrow(0, begin, count).unsqueeze(1) + second_.unsqueeze(0)).flatten(0, 1);
  }

  const ConjugateBias& bias_;
  torch::Tensor first_;
  torch::Tensor second_;
};

class LoopPairTerms final : public PairTerms {
 public:
  LoopPairTerms(std::unique_ptr<MixtureLoops> loops, const torch::Tensor& first, const torch::Tensor& second)
      : loops_(std::move(loops)),
        first_(first.contiguous()),
        second_(second.contiguous()),
        count_(second.size(0)),
        size_(loops_->statistics()) {}

  torch::Tensor values(const Tile& rows) const override {
    torch::Tensor result = torch::empty({rows.size, count_}, first_.options());
    auto* out = result.data_ptr<float>();
    std::vector<float> sum(static_cast<std::size_t>(size_));
    std::vector<float> scratch(loops_->scratch_size());
    for (std::int64_t i = 0; i < rows.size; ++i) {
      for (std::int64_t j = 0; j < count_; ++j) {
        add(rows.begin + i, j, sum.data());
        *out++ = loops_->log_partition_difference(sum.data(), scratch.data());
      }
    }
    return result;
  }

  torch::Tensor add_gradient(const Tile& rows, const torch::Tensor& weights,
                             const torch::Tensor& of_second) const override {
    torch::Tensor result = torch::zeros_like(first_.narrow(0, rows.begin, rows.size));
    const torch::Tensor dense = weights.contiguous();
    const auto* weight = dense.const_data_ptr<float>();
    std::vector<float> sum(static_cast<std::size_t>(size_));
    std::vector<float> means(static_cast<std::size_t>(size_));
    std::vector<float> scratch(loops_->scratch_size());
    for (std::int64_t i = 0; i < rows.size; ++i) {
      auto* const of_i = result.data_ptr<float>() + i * size_;
      for (std::int64_t j = 0; j < count_; ++j, ++weight) {
        add(rows.begin + i, j, sum.data());
        loops_->mean_parameters(sum.data(), means.data(), scratch.data());
        auto* const of_j = of_second.data_ptr<float>() + j * size_;
        for (std::int64_t k = 0; k < size_; ++k) {
          const float part = *weight * means[static_cast<std::size_t>(k)];
          of_i[k] += part;
          of_j[k] += part;
        }
      }
    }
    return result;
  }

 private:
  void add(std::int64_t i, std::int64_t j, float* sum) const {
    const auto* const a = first_.const_data_ptr<float>() + i * size_;
    const auto* const b = second_.const_data_ptr<float>() + j * size_;
    for (std::int64_t k = 0; k < size_; ++k) sum[k] = a[k] + b[k];
  }

  std::unique_ptr<MixtureLoops> loops_;
  torch::Tensor first_;
  torch::Tensor second_;
  std::int64_t count_;
  std::int64_t size_;  ///< S P K
};

}  // namespace

std::unique_ptr<PairTerms> tensor_pair_terms(const ConjugateBias& bias, const torch::Tensor& first,
                                             const torch::Tensor& second) {
  return std::make_unique<TensorPairTerms>(bias, first, second);
}

std::unique_ptr<PairTerms> loop_pair_terms(const ConjugateBias& bias, const torch::Tensor& first,
                                           const torch::Tensor& second) {
  const std::optional<MixtureForm> form = bias.form();
  if (!form || !first.is_cpu() || first.scalar_type() != torch::kFloat) return nullptr;
  auto loops = mixture_loops(*form);
  return loops ? std::make_unique<LoopPairTerms>(std::move(loops), first, second) : nullptr;
}

}  // namespace cebm
