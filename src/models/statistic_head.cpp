#include "models/statistic_head.h"

#include <utility>

namespace cebm {

StatisticHead::StatisticHead(StatisticShape shape, StatisticMaps maps, StatisticEnergy energy,
                             std::unique_ptr<BiasLoops> loops)
    : shape_(shape), maps_(std::move(maps)), energy_(std::move(energy)), loops_(std::move(loops)) {}

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

void StatisticHead::gradient_rows(const float* outputs, std::int64_t first_row, std::int64_t rows,
                                  std::int64_t features, float* gradient, float* scratch) const {
  if (!loops_) return EnergyHead::gradient_rows(outputs, first_row, rows, features, gradient, scratch);
  float* const statistics = scratch;
  float* const slopes = statistics + features;
  float* const rest = slopes + features;
  for (std::int64_t b = 0; b < rows; ++b, outputs += features, gradient += features) {
    maps_.loop(outputs, shape_.sets, shape_.dims, statistics, slopes);
    loops_->mean_parameters(statistics, gradient, rest);
    for (std::int64_t i = 0; i < features; ++i) gradient[i] *= -slopes[i];
  }
}

std::size_t StatisticHead::scratch_size() const {
  return loops_ ? 2 * static_cast<std::size_t>(shape_.size()) + loops_->scratch_size() : 0;
}

}  // namespace cebm
