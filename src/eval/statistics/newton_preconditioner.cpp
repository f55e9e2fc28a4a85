#include "eval/statistics/newton_preconditioner.h"

#include <ATen/ATen.h>
#include <cebm/tiles.h>

#include <algorithm>

namespace cebm {

namespace {

constexpr std::int64_t kLargestMatrix = 2048;  // that is inverted for each class
constexpr std::int64_t kPatience = 25;         // rows of the matrix for each product, as measured
constexpr std::int64_t kRowsOfASum = 512;
constexpr std::int64_t kRowsOfAPart = 8192;  // that a thread adds up
constexpr double kCurvatureKept = 0.98;      // share of the curvature in the rows that are summed

/// Rows of a sample: a few for each feature.
std::int64_t sample_size(std::int64_t features) { return std::min(4 * features, kLargestMatrix); }

}  // namespace

NewtonPreconditioner::NewtonPreconditioner(const LogisticRows& rows)
    : all_(rows), whole_(rows.width() <= std::min(rows.count(), kLargestMatrix)) {
  if (whole_) return;
  const std::int64_t most = sample_size(rows.width());
  places_ = rows.spread_places(most);
  rows_ = rows.spread(most);
  products_ = torch::empty({rows_.size(0), rows_.size(0)}, torch::kDouble);
  for_each_tile(torch::kCPU, rows_.size(0), /*size=*/128, [&](const Tile& tile) {
    products_.narrow(0, tile.begin, tile.size) = rows_.narrow(0, tile.begin, tile.size).mm(rows_.t());
  });
}

std::int64_t NewtonPreconditioner::patience() const { return (whole_ ? all_.width() : places_.size(0)) / kPatience; }

void NewtonPreconditioner::invert(const torch::Tensor& curvature, const std::vector<bool>& open) {
  inverses_.resize(open.size());
  const bool shared = curvature.equal(curvature[0].expand_as(curvature));
  if (!whole_) {
    const double of_a_row = static_cast<double>(all_.count()) / static_cast<double>(places_.size(0));
    const torch::Tensor roots = (of_a_row * curvature.index_select(1, places_)).sqrt();
    if (!roots_.defined()) roots_ = torch::empty_like(roots);
    for (std::size_t k = 0; k < open.size(); ++k) {
      const auto row = static_cast<std::int64_t>(k);
      if (shared || open[k]) roots_[row] = roots[row];  // those of the others belong to their inverses
    }
  }
  const torch::Tensor of_all = shared ? matrix(0, curvature) : torch::Tensor();
  // LibTorch's factorisation rounds by the number of threads: each is left to one. Its solver copies the factor at
  // every call, which takes longer than a product with the inverse.
  for_each_tile(torch::kCPU, shared ? 1 : curvature.size(0), /*size=*/1, [&](const Tile& tile) {
    const auto k = static_cast<std::size_t>(tile.index);
    if (!shared && !open[k]) return;
    inverses_[k] = at::cholesky_inverse(at::linalg_cholesky(shared ? of_all : matrix(tile.index, curvature)));
  });
  if (shared) std::fill(inverses_.begin() + 1, inverses_.end(), inverses_.front());
}

torch::Tensor NewtonPreconditioner::matrix(std::int64_t k, const torch::Tensor& curvature) const {
  return whole_ ? whole_matrix(curvature[k]) : sample_matrix(roots_[k]);
}

/// Sums in float32, which is accurate enough, over the rows with the most curvature, which stand for all; the extra
/// diagonal keeps the matrix positive definite under rounding.
torch::Tensor NewtonPreconditioner::whole_matrix(const torch::Tensor& curvature) const {
  const auto [falling, order] = curvature.sort(/*stable=*/true, /*dim=*/0, /*descending=*/true);
  const torch::Tensor up_to = falling.cumsum(0);
  const double all = up_to[-1].item<double>();
  const std::int64_t kept = std::min(up_to.lt(kCurvatureKept * all).sum().item<std::int64_t>() + 1, all_.count());
  const double stand_for = all > 0.0 ? all / up_to[kept - 1].item<double>() : 1.0;
  const torch::Tensor rows = std::get<0>(order.narrow(0, 0, kept).sort());
  const torch::Tensor factors = (curvature.index_select(0, rows) * stand_for).to(torch::kFloat);
  std::vector<torch::Tensor> sums(static_cast<std::size_t>((kept + kRowsOfAPart - 1) / kRowsOfAPart));
  for_each_tile(torch::kCPU, kept, kRowsOfAPart, [&](const Tile& part) {
    torch::Tensor& sum = sums[static_cast<std::size_t>(part.index)];
    sum = torch::zeros({all_.width(), all_.width()});
    for (std::int64_t begin = 0; begin < part.size; begin += kRowsOfASum) {
      const std::int64_t first = part.begin + begin;
      const std::int64_t size = std::min(kRowsOfASum, part.size - begin);
      const torch::Tensor x = all_.at(rows.narrow(0, first, size), torch::kFloat);
      sum.addmm_((x * factors.narrow(0, first, size).unsqueeze(1)).t(), x);
    }
  });
  torch::Tensor hessian = torch::zeros({all_.width(), all_.width()}, torch::kDouble);
  for (const torch::Tensor& sum : sums) hessian.add_(sum);
  hessian.diagonal().add_(1.0 + 1e-6 * hessian.diagonal().max().item<double>());
  return hessian;
}

torch::Tensor NewtonPreconditioner::sample_matrix(const torch::Tensor& root) const {
  torch::Tensor middle = products_ * root.unsqueeze(1) * root;
  middle.diagonal().add_(1.0);
  return middle;
}

torch::Tensor NewtonPreconditioner::solve(std::int64_t k, const torch::Tensor& r) const {
  const torch::Tensor& inverse = inverses_[static_cast<std::size_t>(k)];
  if (whole_) return inverse.mv(r);
  const torch::Tensor root = roots_[k];
  return r - rows_.t().mv(inverse.mv(rows_.mv(r) * root) * root);
}

}  // namespace cebm
