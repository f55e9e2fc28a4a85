/// One-vs-rest logistic regression: the classifier of few-label evaluations.
///
/// For each class k and y_i = 1 where image i is of that class, -1 elsewhere, minimises
///   |w_k|^2 / 2 + C sum_i log(1 + exp(-y_i (w_k, x_i)))
/// where x_i ends with a feature 1 whose weight, the bias, is penalised like the others. The authors' classifier,
/// scikit-learn's OneVsRestClassifier(LogisticRegression(solver="liblinear")), minimises the same and has the same
/// stopping rule; the weights agree up to its tolerance. Up to ten classes at a time are fitted by Newton's method,
/// each step by preconditioned conjugate gradients, from features in the type in which they are stored.
///
/// Features are [N, D], float32 as they are or uint8 standing for value / 255.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace cebm {

struct LogisticRegressionSettings {
  double cost = 1.0;        ///< C
  double tolerance = 1e-4;  ///< on the gradient's norm, relative to its start times the rarer side's share
  /// [D] float64: each feature is fitted as (x - mean) / deviation, and the penalty is that of such features' weights;
  /// undefined: features as given.
  torch::Tensor mean = {}, deviation = {};
};

/// Weights of every class, [classes, D + 1] float64, the bias last, from the given rows of features and labels [N]
/// int64 in [0, classes); they are weights of the features as given, scaled or not. The result does not depend on the
/// number of threads. Throws NumericsError if a feature is not finite or 100 Newton steps do not reach the tolerance,
/// std::invalid_argument if shapes or types do not fit.
torch::Tensor fit_one_vs_rest(const torch::Tensor& features, const torch::Tensor& labels, std::int64_t classes,
                              const std::vector<std::int64_t>& rows, const LogisticRegressionSettings& settings = {});

/// The class with the largest decision value, ties to the lower one: [N] int64.
torch::Tensor predict_one_vs_rest(const torch::Tensor& weights, const torch::Tensor& features);

}  // namespace cebm
