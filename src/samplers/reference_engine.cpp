#include <ATen/ops/linalg_vector_norm.h>
#include <c10/util/StringUtil.h>
#include <cebm/tiles.h>

#include <cmath>
#include <stdexcept>

#include "core/rows.h"
#include "kernels/cuda/runtime.h"
#include "samplers/langevin_engine.h"

namespace cebm {

namespace {

torch::Tensor gradient_at(EnergyModel& model, const torch::Tensor& x) {
  const torch::Tensor gradient = model.input_gradient(x);
  if (gradient.sizes() != x.sizes()) {
    throw std::invalid_argument(c10::str("sgld: expected an input gradient ", x.sizes(), ", found ", gradient.sizes()));
  }
  return gradient.to(x.options(), /*non_blocking=*/false, /*copy=*/false, torch::MemoryFormat::ChannelsLast);
}

/// min(1, bound / |g|) for each row.
torch::Tensor norm_clip(const torch::Tensor& gradient, double bound) {
  const torch::Tensor norms = at::linalg_vector_norm(gradient, 2, torch::IntArrayRef{1, 2, 3});
  return norms.reciprocal_().mul_(bound).clamp_max_(1.0);
}

void update(const torch::Tensor& x, const torch::Tensor& gradient, const torch::Tensor& scale, kernels::Rows rows,
            const kernels::Counter& counter, const kernels::Langevin& sizes) {
  const float* row_scale = scale.defined() ? scale.const_data_ptr<float>() : nullptr;
  if (x.is_cuda()) {
    kernels::cuda::langevin_update(x.data_ptr<float>(), gradient.const_data_ptr<float>(), row_scale, rows, counter,
                                   sizes, kernels::cuda::current_stream(x.device().index()));
  } else {
    kernels::cpu::langevin_update(x.data_ptr<float>(), gradient.const_data_ptr<float>(), row_scale, rows, counter,
                                  sizes);
  }
}

class ReferenceEngine final : public LangevinEngine {
 public:
  explicit ReferenceEngine(EnergyModel& model) : model_(model) {}

  std::string name() const override { return "LibTorch's operations, float32"; }

  void advance(const Chains& chains, const LangevinSteps& steps) override {
    // Chains are independent: a tile goes all its steps at once.
    for_each_tile(chains.x.device(), chains.x.size(0), [&](const Tile& tile) {
      const torch::Tensor x = chains.x.narrow(0, tile.begin, tile.size);
      const torch::Tensor ids = chains.ids.narrow(0, tile.begin, tile.size);
      const kernels::Rows rows = rows_of(x, ids, "sgld");
      const std::unique_ptr<EnergyModel> own = model_.rows(tile.begin, tile.size);
      for (std::size_t t = 0; t < steps.sizes.size(); ++t) {
        const torch::Tensor gradient = gradient_at(own ? *own : model_, x);
        const torch::Tensor scale =
            std::isfinite(steps.norm_bound) ? norm_clip(gradient, steps.norm_bound) : torch::Tensor();
        update(x, gradient, scale, rows, steps.counter(t, ids.const_data_ptr<std::int64_t>()), steps.sizes[t]);
      }
    });
  }

 private:
  EnergyModel& model_;
};

}  // namespace

std::unique_ptr<LangevinEngine> make_reference_engine(EnergyModel& model, torch::Device /*device*/,
                                                      Precision precision) {
  if (precision != Precision::float32) return nullptr;
  return std::make_unique<ReferenceEngine>(model);
}

}  // namespace cebm
