#include "eval/statistics/row_products.h"

#include <ATen/Parallel.h>

#include <algorithm>

namespace cebm {

namespace {

/// Points per block, whose sums fit into the L1 cache.
constexpr std::int64_t kPointBlock = 1024;

}  // namespace

PointMatrix::PointMatrix(const torch::Tensor& points)
    : rows_(points.detach().to(torch::kCPU, torch::kDouble).contiguous()), columns_(rows_.t().contiguous()) {}

void PointMatrix::products(const double* x, double* out) const {
  const std::int64_t count = size();
  const auto* const columns = columns_.const_data_ptr<double>();
  for (std::int64_t begin = 0; begin < count; begin += kPointBlock) {
    const std::int64_t end = std::min(begin + kPointBlock, count);
    std::fill(out + begin, out + end, 0.0);
    for (std::int64_t d = 0; d < dimensions(); ++d) {
      const double* const column = columns + d * count;
      for (std::int64_t j = begin; j < end; ++j) out[j] += x[d] * column[j];
    }
  }
}

void for_each_row_of_products(const PointMatrix& a, const PointMatrix& b,
                              const std::function<void(std::int64_t i, const std::vector<double>& products)>& body) {
  at::parallel_for(0, a.size(), /*grain_size=*/16, [&](std::int64_t begin, std::int64_t end) {
    std::vector<double> products(static_cast<std::size_t>(b.size()));
    for (std::int64_t i = begin; i < end; ++i) {
      b.products(a.row(i), products.data());
      body(i, products);
    }
  });
}

}  // namespace cebm
