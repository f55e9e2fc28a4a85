#include <cebm/errors.h>
#include <cebm/logistic_regression.h>
#include <cebm/tiles.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "eval/statistics/logistic_rows.h"
#include "eval/statistics/newton_preconditioner.h"

namespace cebm {

namespace {

constexpr std::int64_t kClassesAtATime = 10;  // bounds the memory of their inverses
constexpr std::int64_t kMostSteps = 100;
constexpr std::int64_t kMostProducts = 500;
constexpr double kResidual = 0.1;  ///< relative tolerance of a Newton step's equations, as in liblinear

/// Calls f(k) for all classes in parallel, each on one thread.
template <class F>
void for_each_class(std::int64_t classes, const F& f) {
  for_each_tile(torch::kCPU, classes, /*size=*/1, [&](const Tile& tile) { f(tile.index); });
}

double scalar_product(const torch::Tensor& a, const torch::Tensor& b) { return a.dot(b).item<double>(); }

bool any(const std::vector<bool>& open) { return std::ranges::find(open, true) != open.end(); }

/// Newton's method for some classes at once, so that a pass over the rows serves all of them. Tensors of weights are
/// [K, D + 1], those of rows [K, N].
class NewtonFit {
 public:
  NewtonFit(const LogisticRows& x, torch::Tensor y, const LogisticRegressionSettings& settings)
      : x_(x),
        y_(std::move(y)),
        settings_(settings),
        classes_(y_.size(0)),
        weights_(torch::zeros({classes_, x.width()}, torch::kDouble)),
        decisions_(torch::zeros_like(y_)),
        preconditioner_(x),
        product_type_(x.float_suffices() ? torch::kFloat : torch::kDouble) {}

  torch::Tensor run() {
    std::vector<double> goals;
    for (std::int64_t steps = 0;; ++steps) {
      const torch::Tensor probability = torch::empty_like(decisions_);
      const torch::Tensor gradient = gradient_here(probability);
      const std::vector<double> norms = norms_of(gradient);
      if (goals.empty()) goals = goals_from(norms);
      const std::vector<bool> open = above(norms, goals);
      if (!any(open)) return weights_;
      if (steps == kMostSteps) {
        throw NumericsError("logistic regression: no minimum within " + std::to_string(kMostSteps) + " Newton steps");
      }
      advance(probability, gradient, open);
    }
  }

 private:
  /// `probability` receives p(y = 1 | x). The decision values are computed anew, since those of a step were moved along
  /// products in float32.
  torch::Tensor gradient_here(const torch::Tensor& probability) const {
    const torch::Tensor raw = x_.raw_weights(weights_);
    return weights_ + x_.weighted_sum(classes_, torch::kDouble, [&](const Tile& tile, const torch::Tensor& rows) {
      const auto of_tile = [&](const torch::Tensor& all) { return all.narrow(1, tile.begin, tile.size); };
      of_tile(decisions_) = raw.mm(rows.t());
      of_tile(probability) = of_tile(decisions_).sigmoid();
      return settings_.cost * (of_tile(probability) - of_tile(y_));
    });
  }

  std::vector<double> norms_of(const torch::Tensor& gradient) const {
    std::vector<double> norms(static_cast<std::size_t>(classes_));
    for_each_class(classes_, [&](std::int64_t k) {
      norms[static_cast<std::size_t>(k)] = std::sqrt(scalar_product(gradient[k], gradient[k]));
    });
    return norms;
  }

  /// liblinear's stopping rule: the gradient norm to reach, by class.
  std::vector<double> goals_from(const std::vector<double>& norms) const {
    std::vector<double> goals;
    const auto count = static_cast<double>(y_.size(1));
    for (std::int64_t k = 0; k < classes_; ++k) {
      const double of_class = y_[k].sum().item<double>();
      const double rarer = std::max(std::min(of_class, count - of_class), 1.0);
      goals.push_back(settings_.tolerance * rarer / count * norms[static_cast<std::size_t>(k)]);
    }
    return goals;
  }

  static std::vector<bool> above(const std::vector<double>& norms, const std::vector<double>& goals) {
    std::vector<bool> open;
    for (std::size_t k = 0; k < norms.size(); ++k) open.push_back(norms[k] > goals[k]);
    return open;
  }

  /// State of the conjugate gradients that solve H_k s_k = -g_k for all open classes at once.
  struct Solution {
    std::vector<bool> open;          ///< not solved yet
    torch::Tensor step, moved;       ///< s, X s
    torch::Tensor residual;          ///< -g - H s
    torch::Tensor direction, along;  ///< d, X d
    std::vector<double> size, goal;  ///< r M^-1 r of the residual r, and the value below which it is solved
  };

  /// A Newton step of the open classes.
  void advance(const torch::Tensor& probability, const torch::Tensor& gradient, const std::vector<bool>& open) {
    const torch::Tensor curvature = settings_.cost * probability * (1.0 - probability);
    if (products_ == 0 || products_ > preconditioner_.patience()) preconditioner_.invert(curvature, open);
    Solution solution = first_direction(gradient, open);
    for (products_ = 0; products_ < kMostProducts && any(solution.open); ++products_) improve(solution, curvature);
    for_each_class(classes_, [&](std::int64_t k) {
      if (open[static_cast<std::size_t>(k)]) walk(k, solution.step[k], solution.moved[k], gradient[k]);
    });
  }

  Solution first_direction(const torch::Tensor& gradient, const std::vector<bool>& open) const {
    Solution s{.open = open,
               .step = torch::zeros_like(weights_),
               .moved = torch::zeros_like(decisions_),
               .residual = -gradient,
               .direction = torch::zeros_like(weights_),
               .along = torch::empty_like(decisions_),
               .size = std::vector<double>(open.size()),
               .goal = std::vector<double>(open.size())};
    for_each_class(classes_, [&](std::int64_t k) {
      const auto at = static_cast<std::size_t>(k);
      if (!open[at]) return;
      s.direction[k] = preconditioner_.solve(k, s.residual[k]);
      s.size[at] = scalar_product(s.residual[k], s.direction[k]);
      s.goal[at] = kResidual * kResidual * s.size[at];
    });
    return s;
  }

  /// One product with the Hessian, for all open classes.
  void improve(Solution& s, const torch::Tensor& curvature) const {
    const torch::Tensor product = hessian_product(s.direction, curvature, s.along);
    for_each_class(classes_, [&](std::int64_t k) {
      const auto at = static_cast<std::size_t>(k);
      if (!s.open[at]) return;
      const double length = s.size[at] / scalar_product(s.direction[k], product[k]);
      s.step[k].add_(s.direction[k], length);
      s.moved[k].add_(s.along[k], length);
      s.residual[k].sub_(product[k], length);
      const torch::Tensor next = preconditioner_.solve(k, s.residual[k]);
      const double before = std::exchange(s.size[at], scalar_product(s.residual[k], next));
      s.direction[k].mul_(s.size[at] / before).add_(next);
    });
    for (std::size_t k = 0; k < s.open.size(); ++k) s.open[k] = s.open[k] && s.size[k] > s.goal[k];
  }

  /// H_k d_k; `along` receives X d_k. In float32 where it can be, which is precise enough for a step's equations.
  torch::Tensor hessian_product(const torch::Tensor& direction, const torch::Tensor& curvature,
                                const torch::Tensor& along) const {
    const torch::Tensor raw = x_.raw_weights(direction).to(product_type_);
    return direction + x_.weighted_sum(classes_, product_type_, [&](const Tile& tile, const torch::Tensor& rows) {
      const torch::Tensor values = raw.mm(rows.t());
      along.narrow(1, tile.begin, tile.size) = values;
      return values * curvature.narrow(1, tile.begin, tile.size).to(product_type_);
    });
  }

  /// Moves class k along a step, halved as long as the loss rises at its end more than a tenth as steeply as it fell at
  /// its start.
  void walk(std::int64_t k, const torch::Tensor& step, const torch::Tensor& moved, const torch::Tensor& gradient) {
    const double steepest = 0.1 * std::abs(scalar_product(gradient, step));
    double length = 1.0;
    while (slope_at(k, length, step, moved) > steepest && length > 1e-6) length /= 2.0;
    weights_[k].add_(step, length);
    decisions_[k].add_(moved, length);
  }

  double slope_at(std::int64_t k, double length, const torch::Tensor& step, const torch::Tensor& moved) const {
    const torch::Tensor errors = (decisions_[k] + length * moved).sigmoid_().sub_(y_[k]);
    return scalar_product(weights_[k] + length * step, step) + settings_.cost * scalar_product(errors, moved);
  }

  const LogisticRows& x_;
  torch::Tensor y_;  ///< 1 for rows of the class, 0 for others
  LogisticRegressionSettings settings_;
  std::int64_t classes_;
  torch::Tensor weights_, decisions_;
  NewtonPreconditioner preconditioner_;
  torch::ScalarType product_type_;  ///< of products with the Hessian
  std::int64_t products_ = 0;       ///< with the Hessian in the last step
};

/// Converts weights of scaled features to weights of the original features.
torch::Tensor unscaled(torch::Tensor weights, const LogisticRegressionSettings& settings) {
  if (!settings.mean.defined()) return weights;
  const std::int64_t features = settings.mean.size(0);
  weights.narrow(1, 0, features).div_(settings.deviation);
  weights.select(1, features).sub_(weights.narrow(1, 0, features).mv(settings.mean));
  return weights;
}

}  // namespace

torch::Tensor fit_one_vs_rest(const torch::Tensor& features, const torch::Tensor& labels, std::int64_t classes,
                              const std::vector<std::int64_t>& rows, const LogisticRegressionSettings& settings) {
  const torch::NoGradGuard no_graph;
  const torch::Tensor chosen = torch::tensor(rows, torch::kInt64);
  const LogisticRows x(features, chosen, settings);
  if (labels.dim() != 1 || labels.size(0) != features.size(0) || labels.scalar_type() != torch::kInt64 || rows.empty())
    throw std::invalid_argument("logistic regression: expected an int64 label for each image and at least one row");
  const torch::Tensor label = labels.index_select(0, chosen);
  std::vector<torch::Tensor> weights;
  for (std::int64_t first = 0; first < classes; first += kClassesAtATime) {
    const torch::Tensor of = torch::arange(first, std::min(first + kClassesAtATime, classes));
    weights.push_back(NewtonFit(x, of.unsqueeze(1).eq(label).to(torch::kDouble), settings).run());
  }
  return unscaled(torch::cat(weights), settings);
}

torch::Tensor predict_one_vs_rest(const torch::Tensor& weights, const torch::Tensor& features) {
  const LogisticRows x(features, torch::arange(features.size(0)), {});
  if (weights.dim() != 2 || weights.size(1) != x.width())
    throw std::invalid_argument("logistic regression: expected weights [classes, features + 1]");
  const torch::Tensor by_feature = x.raw_weights(weights.to(torch::kDouble)).t().contiguous();
  const torch::Tensor predicted = torch::empty({x.count()}, torch::kInt64);
  for_each_tile(torch::kCPU, x.count(), /*size=*/256, [&](const Tile& tile) {
    predicted.narrow(0, tile.begin, tile.size) = x.raw(tile.begin, tile.size).mm(by_feature).argmax(1);
  });
  return predicted;
}

}  // namespace cebm
