#include "eval/statistics/feature_scale.h"

#include <cmath>
#include <vector>

namespace cebm {

namespace {

constexpr std::int64_t kRowsOfAScale = 4096;

/// Row after row, so that the sums do not depend on how LibTorch divides the work.
template <class Add>
void for_each_row(const torch::Tensor& features, const Add& add) {
  for (const torch::Tensor& part : features.split(kRowsOfAScale)) {
    const torch::Tensor rows = numbers_of(part);
    const auto* values = rows.const_data_ptr<float>();
    for (std::int64_t i = 0; i < rows.size(0); ++i, values += rows.size(1)) add(values);
  }
}

}  // namespace

torch::Tensor numbers_of(const torch::Tensor& features) {
  const torch::Tensor numbers = features.to(torch::kFloat);
  return (features.scalar_type() == torch::kByte ? numbers / 255.0 : numbers).contiguous();
}

FeatureScale feature_scale(const torch::Tensor& features) {
  const std::int64_t width = features.size(1);
  const auto count = static_cast<double>(features.size(0));
  FeatureScale scale{torch::zeros({width}, torch::kDouble), torch::zeros({width}, torch::kDouble)};
  auto* const mean = scale.mean.data_ptr<double>();
  auto* const deviation = scale.deviation.data_ptr<double>();
  for_each_row(features, [&](const float* row) {
    for (std::int64_t d = 0; d < width; ++d) mean[d] += row[d];
  });
  for (std::int64_t d = 0; d < width; ++d) mean[d] /= count;
  for_each_row(features, [&](const float* row) {
    for (std::int64_t d = 0; d < width; ++d) deviation[d] += (row[d] - mean[d]) * (row[d] - mean[d]);
  });
  for (std::int64_t d = 0; d < width; ++d) {
    deviation[d] = std::sqrt(deviation[d] / count);
    if (deviation[d] == 0.0) deviation[d] = 1.0;
  }
  return scale;
}

}  // namespace cebm
