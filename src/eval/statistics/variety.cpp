#include <ATen/ops/pdist.h>
#include <cebm/variety.h>

#include <stdexcept>

namespace cebm {

double mean_pairwise_distance(const torch::Tensor& images) {
  if (images.size(0) < 2) throw std::invalid_argument("mean_pairwise_distance: expected at least 2 images");
  const torch::Tensor rows = images.to(torch::kCPU, torch::kFloat).contiguous().flatten(1);
  return at::pdist(rows).mean(torch::kDouble).item<double>();
}

}  // namespace cebm
