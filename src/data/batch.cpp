#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <cebm/batch.h>

namespace cebm {

Batch unlabelled(const torch::Tensor& images) {
  const auto whole = images.options().dtype(at::kLong).requires_grad(false).memory_format(std::nullopt);
  return {images, images, at::full({images.size(0)}, -1, whole), at::arange(images.size(0), at::kLong)};
}

Batch rows_of_batch(const Batch& batch, std::int64_t first, std::int64_t count) {
  const auto rows = [&](const torch::Tensor& all) { return all.narrow(0, first, count); };
  return {rows(batch.images), rows(batch.clean), rows(batch.labels), rows(batch.ids)};
}

}  // namespace cebm
