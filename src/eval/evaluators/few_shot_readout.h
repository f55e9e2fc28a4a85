// A linear classifier's accuracies on the features of one space.
#pragma once

#include <cebm/evaluator_options.h>
#include <cebm/few_shot_result.h>
#include <cebm/logistic_regression.h>
#include <torch/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "eval/statistics/feature_scale.h"

namespace cebm {

/// Features [N, D] of the images that the classifier is fitted to and of those that it is scored on.
struct FewShotSides {
  torch::Tensor train, test;
};

class FewShotReadout {
 public:
  using Draws = std::vector<std::vector<std::vector<std::int64_t>>>;  ///< draw, class, image
  /// Further features for the labelled images in `rows` [n]: [k n, D], k blocks in the order of `rows`.
  using More = std::function<torch::Tensor(const torch::Tensor& rows)>;

  /// `labels` of both sides, [N] int64; `say` receives progress messages. `before_fit` is called before every fit, and
  /// may end the evaluation by an exception.
  FewShotReadout(const FewShotOptions& options, std::array<torch::Tensor, 2> labels, std::int64_t classes, Draws draws,
                 std::function<void(const std::string&)> say, std::function<void()> before_fit)
      : options_(options),
        labels_(std::move(labels)),
        classes_(classes),
        draws_(std::move(draws)),
        say_(std::move(say)),
        before_fit_(std::move(before_fit)) {}

  /// Accuracies for every number of labels; also for all labels if the options ask for them and `more` is empty.
  FewShotResult::Space of(const std::string& space, const FewShotSides& sides, const FeatureScale& scale,
                          const More& more) const;

 private:
  LogisticRegressionSettings settings_of(const FeatureScale& scale) const;
  double accuracy(const FewShotSides& sides, const FeatureScale& scale, const std::vector<std::int64_t>& rows) const;
  double accuracy_with(const More& more, const FewShotSides& sides, const FeatureScale& scale,
                       const std::vector<std::int64_t>& rows) const;
  double share_right(const torch::Tensor& weights, const torch::Tensor& test) const;

  const FewShotOptions& options_;
  std::array<torch::Tensor, 2> labels_;
  std::int64_t classes_;
  Draws draws_;
  std::function<void(const std::string&)> say_;
  std::function<void()> before_fit_;
};

}  // namespace cebm
