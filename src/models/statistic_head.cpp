#include "models/statistic_head.h"

#include <c10/core/GradMode.h>

#include <utility>

namespace cebm {

StatisticHead::StatisticHead(StatisticShape shape, StatisticMaps maps, StatisticEnergy energy,
                             const ConjugateBias* bias)
    : shape_(shape), maps_(std::move(maps)), energy_(std::move(energy)), bias_(bias) {}

torch::Tensor StatisticHead::as_statistics(const torch::Tensor& outputs) const {
  return outputs.view({outputs.size(0), shape_.sets, shape_.statistics, shape_.dims});
}

torch::Tensor StatisticHead::energy(const torch::Tensor& outputs, std::int64_t first_row) const {
  return energy_.value(maps_(as_statistics(outputs)), first_row);
}

torch::Tensor StatisticHead::gradient(const torch::Tensor& outputs, std::int64_t first_row) const {
  const torch::Tensor raw = as_statistics(outputs);
  return maps_.pull_back(raw, energy_.gradient(maps_(raw), first_row)).view_as(outputs);
}

HeadForm StatisticHead::form() const {
  const torch::NoGradGuard no_graph;
  std::optional<MixtureForm> bias = bias_ == nullptr ? std::nullopt : bias_->form();
  if (!bias) return {};
  return ConjugateForm{maps_, std::move(*bias)};
}

}  // namespace cebm
