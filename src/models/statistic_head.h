// The head of a conjugate EBM: from the network's outputs to statistics, and from there to an energy.
#pragma once

#include <cebm/energy_plan.h>
#include <cebm/model.h>

#include <memory>

namespace cebm {

/// S, P and K of statistics [B, S, P, K].
struct StatisticShape {
  std::int64_t sets = 1;
  std::int64_t statistics = 1;
  std::int64_t dims = 1;
  std::int64_t size() const { return sets * statistics * dims; }
};

class StatisticHead final : public EnergyHead {
 public:
  /// With `loops`, whose mean parameters are the negative gradient, rows in the CPU's memory go through them.
  StatisticHead(StatisticShape shape, StatisticMaps maps, StatisticEnergy energy, std::unique_ptr<BiasLoops> loops);

  torch::Tensor energy(const torch::Tensor& outputs, std::int64_t first_row) const override;
  torch::Tensor gradient(const torch::Tensor& outputs, std::int64_t first_row) const override;
  void gradient_rows(const float* outputs, std::int64_t first_row, std::int64_t rows, std::int64_t features,
                     float* gradient, float* scratch) const override;
  std::size_t scratch_size() const override;

 private:
  torch::Tensor as_statistics(const torch::Tensor& outputs) const;

  StatisticShape shape_;
  StatisticMaps maps_;
  StatisticEnergy energy_;
  std::unique_ptr<BiasLoops> loops_;
};

}  // namespace cebm
