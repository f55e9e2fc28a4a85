/// The batch of images of one gradient step.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace cebm {

/// Images with their labels and ids.
struct Batch {
  torch::Tensor images;  ///< [B, C, H, W] float32, channels-last, with noise of std train.data_noise_std
  torch::Tensor clean;   ///< the same without noise
  torch::Tensor labels;  ///< [B] int64, -1 where there is none; on the images' device
  torch::Tensor ids;  ///< [B] int64, all different: place of each image in its set, plus n times the set's size where
                      ///< the batch has it for the (n + 1)-th time. On the CPU, so that drawing an image's random
                      ///< numbers need not wait for a GPU

  std::int64_t size() const { return images.size(0); }
};

/// Images [B, C, H, W] as a batch without noise or labels, ids 0 .. B - 1.
Batch unlabelled(const torch::Tensor& images);

/// Rows first .. first + count - 1.
Batch rows_of_batch(const Batch& batch, std::int64_t first, std::int64_t count);

}  // namespace cebm
