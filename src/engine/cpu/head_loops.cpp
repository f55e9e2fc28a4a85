#include "engine/cpu/head_loops.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <vector>

#include "engine/cpu/mixture_loops.h"
#include "engine/cpu/statistic_loops.h"
#include "kernels/activation_body.h"

namespace cebm {

namespace {

class TensorLoops final : public HeadLoops {
 public:
  explicit TensorLoops(std::shared_ptr<const EnergyHead> head) : head_(std::move(head)) {}

  void gradient(const float* outputs, std::int64_t first_row, std::int64_t rows, std::int64_t features, float* result,
                float* /*scratch*/) const override {
    const torch::NoGradGuard no_graph;
    // from_blob takes no const pointer; the tensor is read only.
    const torch::Tensor o = torch::from_blob(const_cast<float*>(outputs), {rows, features}, torch::kFloat);
    const torch::Tensor g = head_->gradient(o, first_row).contiguous();
    std::copy_n(g.const_data_ptr<float>(), g.numel(), result);
  }

  bool through_tensors() const override { return true; }

 private:
  std::shared_ptr<const EnergyHead> head_;
};

/// w_i f'(o_i).
template <Nonlinearity kind>
class LinearLoops final : public HeadLoops {
 public:
  LinearLoops(const torch::Tensor& weight, float slope) : weight_(weight.detach().contiguous()), slope_(slope) {}

  void gradient(const float* outputs, std::int64_t /*first_row*/, std::int64_t rows, std::int64_t features,
                float* result, float* /*scratch*/) const override {
    const auto* const weight = weight_.const_data_ptr<float>();
    for (std::int64_t b = 0; b < rows; ++b) {
      for (std::int64_t i = 0; i < features; ++i) {
        *result++ = weight[i] * kernels::curved<kind>(*outputs++, slope_).slope;
      }
    }
  }

 private:
  torch::Tensor weight_;
  float slope_;
};

/// -dt/do m(t(o)).
class ConjugateLoops final : public HeadLoops {
 public:
  ConjugateLoops(std::vector<StatisticLoop> maps, std::unique_ptr<MixtureLoops> bias)
      : maps_(std::move(maps)), bias_(std::move(bias)) {}

  void gradient(const float* outputs, std::int64_t /*first_row*/, std::int64_t rows, std::int64_t features,
                float* result, float* scratch) const override {
    float* const statistics = scratch;
    float* const slopes = statistics + features;
    for (std::int64_t b = 0; b < rows; ++b, outputs += features, result += features) {
      map(outputs, features, statistics, slopes);
      bias_->mean_parameters(statistics, result, slopes + features);
      for (std::int64_t i = 0; i < features; ++i) result[i] *= -slopes[i];
    }
  }

  std::size_t scratch_size() const override {
    return 2 * static_cast<std::size_t>(bias_->statistics()) + bias_->scratch_size();
  }

 private:
  void map(const float* raw, std::int64_t features, float* statistics, float* slopes) const {
    const std::int64_t dims = bias_->dims();
    for (std::int64_t i = 0, p = 0; i < features; i += dims, p = (p + 1) % std::ssize(maps_)) {
      maps_[static_cast<std::size_t>(p)](raw + i, dims, statistics + i, slopes + i);
    }
  }

  std::vector<StatisticLoop> maps_;
  std::unique_ptr<MixtureLoops> bias_;
};

std::unique_ptr<HeadLoops> loops_of(const LinearForm& form) {
  const auto kernel = form.activation.kernel();
  if (!kernel) return nullptr;
  switch (kernel->kind) {
    case Nonlinearity::leaky_relu:
      return std::make_unique<LinearLoops<Nonlinearity::leaky_relu>>(form.weight, kernel->slope);
    case Nonlinearity::silu:
      return std::make_unique<LinearLoops<Nonlinearity::silu>>(form.weight, kernel->slope);
  }
  return nullptr;
}

std::unique_ptr<HeadLoops> loops_of(const ConjugateForm& form) {
  std::vector<StatisticLoop> maps;
  for (const StatisticMap& map : form.maps.maps()) {
    maps.push_back(statistic_loop(map));
    if (maps.back() == nullptr) return nullptr;
  }
  auto bias = mixture_loops(form.bias);
  return bias ? std::make_unique<ConjugateLoops>(std::move(maps), std::move(bias)) : nullptr;
}

std::unique_ptr<HeadLoops> loops_of(const std::monostate&) { return nullptr; }

}  // namespace

std::unique_ptr<HeadLoops> head_loops(std::shared_ptr<const EnergyHead> head) {
  auto loops = std::visit([](const auto& form) { return loops_of(form); }, head->form());
  return loops ? std::move(loops) : std::make_unique<TensorLoops>(std::move(head));
}

}  // namespace cebm
