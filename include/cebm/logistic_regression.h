/// One-vs-rest logistic regression by liblinear: the classifier of few-label evaluations.
///
/// For each class k and y_i = 1 where image i is of that class, -1 elsewhere, minimises
///   |w_k|^2 / 2 + C sum_i log(1 + exp(-y_i (w_k, x_i)))
/// where x_i ends with a feature 1 whose weight, the bias, is penalised like the others (liblinear's L2R_LR, Lin et al.
/// 2008: "Trust region Newton method for logistic regression"). These are the numbers of scikit-learn's
/// OneVsRestClassifier(LogisticRegression(solver="liblinear")), the authors' classifier.
///
/// Features are [N, D], float32 as they are or uint8 standing for value / 255.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace cebm {

struct LogisticRegressionSettings {
  double cost = 1.0;        ///< C
  double tolerance = 1e-4;  ///< of the gradient's norm, relative to its start and scaled by the rarer side's share
};

/// Weights of every class, [classes, D + 1] float64, the bias last, from the given rows of features and labels [N]
/// int64 in [0, classes). Classes are fitted side by side; the result does not depend on the number of threads. Throws
/// NumericsError if a feature is not finite, std::invalid_argument if shapes or types do not fit.
torch::Tensor fit_one_vs_rest(const torch::Tensor& features, const torch::Tensor& labels, std::int64_t classes,
                              const std::vector<std::int64_t>& rows, const LogisticRegressionSettings& settings = {});

/// The class with the largest decision value, ties to the lower one: [N] int64.
torch::Tensor predict_one_vs_rest(const torch::Tensor& weights, const torch::Tensor& features);

/// Bytes that fit_one_vs_rest needs to hold all rows of `features`: 16 for every value that is not 0.
std::uint64_t one_vs_rest_bytes(const torch::Tensor& features);

}  // namespace cebm
