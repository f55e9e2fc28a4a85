#include <cebm/dataset.h>

#include <span>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/upload.h"

namespace cebm {

BatchOrder::BatchOrder(std::int64_t dataset_size, std::int64_t batch_size, std::uint64_t seed)
    : dataset_size_(dataset_size), batch_size_(batch_size), seed_(seed) {
  if (dataset_size < 1 || batch_size < 1) {
    throw std::invalid_argument("BatchOrder: expected a data set and batches of at least one image, found " +
                                std::to_string(dataset_size) + " and " + std::to_string(batch_size));
  }
}

const std::vector<std::int64_t>& BatchOrder::epoch_order(std::uint64_t epoch) {
  if (cached_order_.empty() || epoch != cached_epoch_) {
    cached_order_ = random_permutation(dataset_size_, {seed_, Stream::data_order, epoch});
    cached_epoch_ = epoch;
  }
  return cached_order_;
}

torch::Tensor BatchOrder::indices(std::uint64_t step) {
  torch::Tensor result = at::empty({batch_size_}, at::kLong);
  auto* const out = result.data_ptr<std::int64_t>();
  const auto size = static_cast<std::uint64_t>(dataset_size_);
  const std::uint64_t first = step * static_cast<std::uint64_t>(batch_size_);
  for (std::int64_t i = 0; i < batch_size_; ++i) {
    const std::uint64_t position = first + static_cast<std::uint64_t>(i);
    out[i] = epoch_order(position / size)[position % size];
  }
  return result;
}

torch::Tensor BatchOrder::ids(std::uint64_t step) {
  torch::Tensor result = indices(step);
  std::unordered_map<std::int64_t, std::int64_t> seen;
  for (std::int64_t& id : std::span(result.data_ptr<std::int64_t>(), static_cast<std::size_t>(batch_size_))) {
    const std::int64_t earlier = seen[id]++;
    id += earlier * dataset_size_;
  }
  return result;
}

torch::Tensor to_float(const torch::Tensor& bytes, PixelRange range) {
  if (bytes.scalar_type() != at::kByte || bytes.dim() != 4) {
    throw std::invalid_argument("to_float: expected uint8 images [B, C, H, W], found " +
                                std::string(c10::toString(bytes.scalar_type())) + " of rank " +
                                std::to_string(bytes.dim()));
  }
  torch::Tensor x =
      bytes.to(at::TensorOptions(at::kFloat), /*non_blocking=*/false, /*copy=*/true, at::MemoryFormat::ChannelsLast);
  // Multiplied, not divided: a GPU's division by a constant rounds differently. 255 * float(1 / 255) is exactly 1.
  return range == PixelRange::symmetric ? x.sub_(127.5).mul_(2.0 / 255.0) : x.mul_(1.0 / 255.0);
}

torch::Tensor to_symmetric(const torch::Tensor& images, PixelRange range) {
  return range == PixelRange::symmetric ? images : images * 2.0 - 1.0;
}

BatchSource::BatchSource(std::shared_ptr<const Dataset> dataset, PixelRange range, double noise_std,
                         std::int64_t batch_size, std::uint64_t seed, torch::Device device)
    : dataset_(std::move(dataset)),
      images_(dataset_->images.to(device)),  // keeps the memory format; no copy on the CPU
      labels_(dataset_->labels.to(device)),
      range_(range),
      noise_std_(noise_std),
      seed_(seed),
      order_(dataset_->size(), batch_size, seed) {}

Batch BatchSource::batch(std::uint64_t step) {
  const torch::Tensor rows = uploaded(order_.indices(step), images_.device());
  // index_select returns contiguous tensors whatever the images' memory format: select in NHWC and permute back.
  const torch::Tensor bytes = images_.permute({0, 2, 3, 1}).index_select(0, rows).permute({0, 3, 1, 2});
  const torch::Tensor clean = to_float(bytes, range_);
  torch::Tensor noisy = clean;
  if (noise_std_ > 0) {
    const torch::Tensor noise = at::empty_like(clean);
    fill_normal(noise, {seed_, Stream::data_noise, step}, at::arange(clean.size(0), rows.options()));
    noisy = clean.add(noise, noise_std_);
  }
  return {noisy, clean, labels_.index_select(0, rows), order_.ids(step)};
}

}  // namespace cebm
