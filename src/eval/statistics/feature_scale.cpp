#include "eval/statistics/feature_scale.h"

#include <cmath>
#include <vector>

namespace cebm {

namespace {

/// Row after row, so that the sums do not depend on how LibTorch divides the work.
template <class Add>
void for_each_row(const torch::Tensor& rows, const Add& add) {
  const auto* values = rows.const_data_ptr<float>();
  for (std::int64_t i = 0; i < rows.size(0); ++i, values += rows.size(1)) add(values);
}

}  // namespace

torch::Tensor numbers_of(const torch::Tensor& features) {
  const torch::Tensor numbers = features.to(torch::kFloat);
  return (features.scalar_type() == torch::kByte ? numbers / 255.0 : numbers).contiguous();
}

FeatureScale feature_scale(const torch::Tensor& features) {
  const torch::Tensor numbers = numbers_of(features);
  const std::int64_t width = numbers.size(1);
  const auto count = static_cast<double>(numbers.size(0));
  FeatureScale scale{torch::zeros({width}, torch::kDouble), torch::zeros({width}, torch::kDouble)};
  auto* const mean = scale.mean.data_ptr<double>();
  auto* const deviation = scale.deviation.data_ptr<double>();
  for_each_row(numbers, [&](const float* row) {
    for (std::int64_t d = 0; d < width; ++d) mean[d] += row[d];
  });
  for (std::int64_t d = 0; d < width; ++d) mean[d] /= count;
  for_each_row(numbers, [&](const float* row) {
    for (std::int64_t d = 0; d < width; ++d) deviation[d] += (row[d] - mean[d]) * (row[d] - mean[d]);
  });
  for (std::int64_t d = 0; d < width; ++d) {
    deviation[d] = std::sqrt(deviation[d] / count);
    if (deviation[d] == 0.0) deviation[d] = 1.0;
  }
  return scale;
}

}  // namespace cebm
