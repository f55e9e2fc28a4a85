#include "eval/evaluators/few_shot_readout.h"

#include <numeric>

#include "eval/statistics/label_draws.h"
#include "eval/statistics/statistics.h"

namespace cebm {

namespace {

std::vector<std::int64_t> all_rows(const torch::Tensor& features) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(features.size(0)));
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  return rows;
}

}  // namespace

LogisticRegressionSettings FewShotReadout::settings_of(const FeatureScale& scale) const {
  return {.cost = options_.cost, .mean = scale.mean, .deviation = scale.deviation};
}

FewShotResult::Space FewShotReadout::of(const std::string& space, const FewShotSides& sides, const FeatureScale& scale,
                                        const More& more) const {
  FewShotResult::Space result;
  for (const std::int64_t shots : options_.shots) {
    std::vector<double> accuracies;
    for (const auto& drawn : draws_) {
      before_fit_();
      const std::vector<std::int64_t> rows = first_of_each(drawn, shots);
      accuracies.push_back(more ? accuracy_with(more, sides, scale, rows) : accuracy(sides, scale, rows));
    }
    const MeanEstimate estimate = estimate_mean(accuracies);
    result.few[shots] = {estimate.mean, estimate.std, estimate.low, estimate.high, std::move(accuracies)};
  }
  if (options_.full && !more) {
    before_fit_();
    say_(space + ", all " + std::to_string(sides.train.size(0)));
    result.full = accuracy(sides, scale, all_rows(sides.train));
  }
  return result;
}

double FewShotReadout::accuracy(const FewShotSides& sides, const FeatureScale& scale,
                                const std::vector<std::int64_t>& rows) const {
  return share_right(fit_one_vs_rest(sides.train, labels_[0], classes_, rows, settings_of(scale)), sides.test);
}

double FewShotReadout::accuracy_with(const More& more, const FewShotSides& sides, const FeatureScale& scale,
                                     const std::vector<std::int64_t>& rows) const {
  const torch::Tensor chosen = torch::tensor(rows, torch::kInt64);
  const torch::Tensor features = torch::cat({numbers_of(sides.train.index_select(0, chosen)), more(chosen)});
  const torch::Tensor labels = labels_[0].index_select(0, chosen).repeat({features.size(0) / chosen.size(0)});
  return share_right(fit_one_vs_rest(features, labels, classes_, all_rows(features), settings_of(scale)), sides.test);
}

double FewShotReadout::share_right(const torch::Tensor& weights, const torch::Tensor& test) const {
  const torch::Tensor right = predict_one_vs_rest(weights, test).eq(labels_[1]);
  return static_cast<double>(right.sum().item<std::int64_t>()) / static_cast<double>(test.size(0));
}

}  // namespace cebm
