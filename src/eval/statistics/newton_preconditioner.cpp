#include "eval/statistics/newton_preconditioner.h"

#include <ATen/ATen.h>
#include <cebm/tiles.h>

#include <algorithm>

namespace cebm {

namespace {

constexpr std::int64_t kLargestMatrix = 2048;  // that is factorised for each class
constexpr std::int64_t kRowsOfASum = 512;

/// Rows of a sample: a few for each feature.
std::int64_t sample_size(std::int64_t features) { return std::min(4 * features, kLargestMatrix); }

}  // namespace

NewtonPreconditioner::NewtonPreconditioner(const LogisticRows& rows)
    : all_(rows), whole_(rows.count() > kLargestMatrix && rows.width() <= kLargestMatrix) {
  if (whole_) return;
  const std::int64_t most = sample_size(rows.width());
  places_ = rows.spread_places(most);
  rows_ = rows.spread(most);
  products_ = torch::empty({rows_.size(0), rows_.size(0)}, torch::kDouble);
  for_each_tile(torch::kCPU, rows_.size(0), /*size=*/128, [&](const Tile& tile) {
    products_.narrow(0, tile.begin, tile.size) = rows_.narrow(0, tile.begin, tile.size).mm(rows_.t());
  });
}

void NewtonPreconditioner::factorise(const torch::Tensor& curvature, const std::vector<bool>& open) {
  factors_.resize(open.size());
  if (!whole_) {
    const double stands_for = static_cast<double>(all_.count()) / static_cast<double>(places_.size(0));
    roots_ = (stands_for * curvature.index_select(1, places_)).sqrt();
  }
  for_each_tile(torch::kCPU, curvature.size(0), /*size=*/1, [&](const Tile& tile) {
    const auto k = static_cast<std::size_t>(tile.index);
    if (!open[k]) return;
    factors_[k] = whole_ ? whole_factor(curvature[tile.index]) : sample_factor(roots_[tile.index]);
  });
}

/// Sums in float32, which is accurate enough; the extra diagonal keeps the matrix positive definite under rounding.
torch::Tensor NewtonPreconditioner::whole_factor(const torch::Tensor& curvature) const {
  torch::Tensor sum = torch::zeros({all_.width(), all_.width()});
  for (std::int64_t begin = 0; begin < all_.count(); begin += kRowsOfASum) {
    const std::int64_t size = std::min(kRowsOfASum, all_.count() - begin);
    const torch::Tensor x = all_.at(begin, size).to(torch::kFloat);
    sum.addmm_((x * curvature.narrow(0, begin, size).to(torch::kFloat).unsqueeze(1)).t(), x);
  }
  torch::Tensor hessian = sum.to(torch::kDouble);
  hessian.diagonal().add_(1.0 + 1e-6 * hessian.diagonal().max().item<double>());
  return at::linalg_cholesky(hessian);
}

torch::Tensor NewtonPreconditioner::sample_factor(const torch::Tensor& root) const {
  torch::Tensor middle = products_ * root.unsqueeze(1) * root;
  middle.diagonal().add_(1.0);
  return at::linalg_cholesky(middle);
}

torch::Tensor NewtonPreconditioner::solve(std::int64_t k, const torch::Tensor& r) const {
  const torch::Tensor& factor = factors_[static_cast<std::size_t>(k)];
  if (whole_) return torch::cholesky_solve(r.unsqueeze(1), factor).squeeze(1);
  const torch::Tensor root = roots_[k];
  const torch::Tensor middle = (rows_.mv(r) * root).unsqueeze(1);
  return r - rows_.t().mv(torch::cholesky_solve(middle, factor).squeeze(1) * root);
}

}  // namespace cebm
