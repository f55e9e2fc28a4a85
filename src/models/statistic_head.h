// The head of a conjugate EBM: from the network's outputs to statistics, and from there to an energy.
#pragma once

#include <cebm/energy_plan.h>
#include <cebm/model.h>

namespace cebm {

/// S, P and K of statistics [B, S, P, K].
struct StatisticShape {
  std::int64_t sets = 1;
  std::int64_t statistics = 1;
  std::int64_t dims = 1;
};

class StatisticHead final : public EnergyHead {
 public:
  /// `bias` where the energy is minus its log_partition_difference, null for any other function of the statistics.
  StatisticHead(StatisticShape shape, StatisticMaps maps, StatisticEnergy energy, const ConjugateBias* bias);

  torch::Tensor energy(const torch::Tensor& outputs, std::int64_t first_row) const override;
  torch::Tensor gradient(const torch::Tensor& outputs, std::int64_t first_row) const override;
  HeadForm form() const override;

 private:
  torch::Tensor as_statistics(const torch::Tensor& outputs) const;

  StatisticShape shape_;
  StatisticMaps maps_;
  StatisticEnergy energy_;
  const ConjugateBias* bias_;
};

}  // namespace cebm
