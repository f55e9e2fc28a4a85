#include <cebm/errors.h>
#include <cebm/logistic_regression.h>
#include <cebm/tiles.h>
#include <linear.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

namespace cebm {

namespace {

constexpr std::int64_t kRowsAtATime = 256;

/// Rows of features as double, whatever their type.
class FeatureRows {
 public:
  explicit FeatureRows(const torch::Tensor& features) : values_(features.contiguous()) {
    const auto type = values_.scalar_type();
    if (values_.dim() != 2 || (type != torch::kFloat && type != torch::kUInt8))
      throw std::invalid_argument("logistic regression: expected features [N, D] of float32 or uint8");
    if (type == torch::kFloat) {
      floats_ = values_.const_data_ptr<float>();
    } else {
      bytes_ = values_.const_data_ptr<std::uint8_t>();
    }
  }
  std::int64_t count() const { return values_.size(0); }
  std::int64_t width() const { return values_.size(1); }
  double at(std::int64_t row, std::int64_t feature) const {
    const std::int64_t place = row * width() + feature;
    return floats_ != nullptr ? static_cast<double>(floats_[place]) : bytes_[place] / 255.0;
  }

 private:
  torch::Tensor values_;
  const float* floats_ = nullptr;
  const std::uint8_t* bytes_ = nullptr;
};

/// Rows in liblinear's format: index and value of what is not 0, the bias feature, an end mark.
struct DesignMatrix {
  DesignMatrix(const FeatureRows& features, const std::vector<std::int64_t>& chosen) {
    std::vector<std::size_t> starts;
    for (const std::int64_t row : chosen) {
      starts.push_back(nodes.size());
      for (std::int64_t d = 0; d < features.width(); ++d) {
        const double value = features.at(row, d);
        if (!std::isfinite(value)) {
          throw NumericsError("logistic regression: feature " + std::to_string(d) + " of image " + std::to_string(row) +
                              " is not finite");
        }
        if (value != 0.0) nodes.push_back({static_cast<int>(d + 1), value});
      }
      nodes.push_back({static_cast<int>(features.width() + 1), 1.0});
      nodes.push_back({-1, 0.0});
    }
    for (const std::size_t start : starts) rows.push_back(&nodes[start]);
  }

  std::vector<feature_node> nodes;
  std::vector<feature_node*> rows;
};

/// liblinear writes its progress to standard output unless it is told another way, once for the process.
void keep_liblinear_quiet() {
  static const bool quiet = [] {
    set_print_string_function([](const char*) {});
    return true;
  }();
  (void)quiet;
}

/// Weights that tell y = 1 from y = -1.
void fit_binary(DesignMatrix& x, std::vector<double> y, const LogisticRegressionSettings& settings,
                std::span<double> weights) {
  const problem data{.l = static_cast<int>(y.size()),
                     .n = static_cast<int>(weights.size()),
                     .y = y.data(),
                     .x = x.rows.data(),
                     .bias = 1.0};
  parameter choice{};
  choice.solver_type = L2R_LR;
  choice.C = settings.cost;
  choice.eps = settings.tolerance;
  const std::unique_ptr<model, void (*)(model*)> fitted(::train(&data, &choice),
                                                        [](model* old) { free_and_destroy_model(&old); });
  // liblinear fits the weights of the label it calls the first.
  const double sign = fitted->label[0] == 1 ? 1.0 : -1.0;
  for (std::size_t d = 0; d < weights.size(); ++d) weights[d] = sign * fitted->w[d];
}

}  // namespace

torch::Tensor fit_one_vs_rest(const torch::Tensor& features, const torch::Tensor& labels, std::int64_t classes,
                              const std::vector<std::int64_t>& rows, const LogisticRegressionSettings& settings) {
  const FeatureRows values(features);
  if (labels.dim() != 1 || labels.size(0) != values.count() || labels.scalar_type() != torch::kInt64 || rows.empty())
    throw std::invalid_argument("logistic regression: expected an int64 label for each image and at least one row");
  keep_liblinear_quiet();
  DesignMatrix x(values, rows);
  const auto label = labels.accessor<std::int64_t, 1>();
  const std::int64_t width = values.width() + 1;
  const torch::Tensor weights = torch::zeros({classes, width}, torch::kDouble);
  for_each_tile(torch::kCPU, classes, /*size=*/1, [&](const Tile& tile) {
    std::vector<double> y;
    for (const std::int64_t row : rows) y.push_back(label[row] == tile.index ? 1.0 : -1.0);
    fit_binary(x, std::move(y), settings,
               {weights.mutable_data_ptr<double>() + tile.index * width, static_cast<std::size_t>(width)});
  });
  return weights;
}

torch::Tensor predict_one_vs_rest(const torch::Tensor& weights, const torch::Tensor& features) {
  const FeatureRows values(features);
  if (weights.dim() != 2 || weights.size(1) != values.width() + 1)
    throw std::invalid_argument("logistic regression: expected weights [classes, features + 1]");
  const std::int64_t classes = weights.size(0);
  const torch::Tensor by_feature = weights.to(torch::kDouble).t().contiguous();
  const double* const w = by_feature.const_data_ptr<double>();
  const double* const bias = w + values.width() * classes;
  const torch::Tensor predicted = torch::empty({values.count()}, torch::kInt64);
  auto* const out = predicted.mutable_data_ptr<std::int64_t>();
  for_each_tile(torch::kCPU, values.count(), kRowsAtATime, [&](const Tile& tile) {
    std::vector<double> decision(static_cast<std::size_t>(classes));
    for (std::int64_t row = tile.begin; row < tile.begin + tile.size; ++row) {
      std::copy_n(bias, classes, decision.begin());
      for (std::int64_t d = 0; d < values.width(); ++d) {
        const double value = values.at(row, d);
        for (std::int64_t k = 0; k < classes; ++k) decision[static_cast<std::size_t>(k)] += value * w[d * classes + k];
      }
      out[row] = std::ranges::max_element(decision) - decision.begin();
    }
  });
  return predicted;
}

std::uint64_t one_vs_rest_bytes(const torch::Tensor& features) {
  const auto values = static_cast<std::uint64_t>(torch::count_nonzero(features).item<std::int64_t>());
  return sizeof(feature_node) * (values + 2 * static_cast<std::uint64_t>(features.size(0)));
}

}  // namespace cebm
