#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_qr.h>
#include <c10/core/GradMode.h>
#include <cebm/chain_starts.h>
#include <cebm/random.h>
#include <cebm/tiles.h>

#include <algorithm>

namespace cebm {

namespace {

constexpr std::int64_t kImages = 10000;
constexpr std::int64_t kGroup = 500;  ///< images whose products one thread computes
constexpr std::int64_t kExtra = 10;   ///< directions beyond the wanted ones, for faster convergence
constexpr std::int64_t kIterations = 12;

/// sum over the groups of f(rows of a group), each on one thread and added in order.
template <class Function>
torch::Tensor sum_of_groups(const torch::Tensor& rows, const Function& f) {
  std::vector<torch::Tensor> parts(static_cast<std::size_t>((rows.size(0) + kGroup - 1) / kGroup));
  for_each_tile(torch::kCPU, rows.size(0), kGroup, [&](const Tile& tile) {
    parts[static_cast<std::size_t>(tile.index)] = f(rows.narrow(0, tile.begin, tile.size));
  });
  torch::Tensor sum = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) sum.add_(parts[i]);
  return sum;
}

/// f() on one thread, since the rounding of LibTorch's factorisations depends on the number of threads.
template <class Function>
torch::Tensor on_one_thread(const Function& f) {
  torch::Tensor result;
  for_each_tile(torch::kCPU, 1, 1, [&](const Tile&) { result = f(); });
  return result;
}

/// The images that are fitted to as float64 rows [n, H W C].
torch::Tensor chosen_rows(const StartImages& images, std::uint64_t seed) {
  const torch::Tensor pixels = images.images(rows_of_fit(images.count, seed));
  return pixels.to(torch::kCPU, torch::kFloat64).permute({0, 2, 3, 1}).flatten(1).contiguous();
}

}  // namespace

torch::Tensor rows_of_fit(std::int64_t count, std::uint64_t seed) {
  const auto rows = random_subset(count, std::min(count, kImages), {seed, Stream::gaussian_fit, /*step=*/0});
  return torch::tensor(rows, torch::kInt64);
}

FittedGaussian fit_gaussian(const StartImages& images, std::int64_t components, std::uint64_t seed) {
  const torch::NoGradGuard no_graph;
  torch::Tensor rows = chosen_rows(images, seed);
  const auto count = static_cast<double>(rows.size(0));
  const torch::Tensor mean = sum_of_groups(rows, [](const torch::Tensor& part) { return part.sum(0); }).div_(count);
  rows.sub_(mean);
  const std::int64_t rank = std::min(rows.size(0), rows.size(1));
  const std::int64_t wanted = std::min(components, rank);
  const std::int64_t width = std::min(wanted + kExtra, rank);
  torch::Tensor basis = normal({rows.size(1), width}, {seed, Stream::gaussian_fit, /*step=*/1}).to(torch::kFloat64);
  const auto orthonormal = [&] { return std::get<0>(at::linalg_qr(basis)); };
  for (std::int64_t i = 0; i < kIterations; ++i) {
    basis = on_one_thread(orthonormal);
    basis = sum_of_groups(rows, [&](const torch::Tensor& part) { return part.t().matmul(part.matmul(basis)); });
  }
  basis = on_one_thread(orthonormal);
  const torch::Tensor covariance = sum_of_groups(rows, [&](const torch::Tensor& part) {
                                     const torch::Tensor inside = part.matmul(basis);
                                     return inside.t().matmul(inside);
                                   }).div_(count);
  // [width, D], ascending.
  const torch::Tensor directions = on_one_thread([&] {
    const auto [variances, vectors] = at::linalg_eigh(covariance);
    return basis.matmul(vectors * variances.clamp_min(0.0).sqrt()).t();
  });
  return {mean.to(torch::kFloat32),
          directions.narrow(0, width - wanted, wanted).flip(0).to(torch::kFloat32).contiguous()};
}

}  // namespace cebm
