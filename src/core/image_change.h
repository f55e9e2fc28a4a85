// The change that an augmentation makes to each image of a batch, and two implementations of it.
#pragma once

#include <cebm/augmentation.h>
#include <cebm/image.h>

#include <vector>

namespace cebm {

/// The output's pixel with its centre at (c, r) shows the input at (x, y) = (xc c + xr r + x0, yc c + yr r + y0); then
/// v <- gain v + offset of its channel within [-bound, bound], then noise_std times standard normal noise.
struct ImageChange {
  struct Shade {
    float gain = 1.0F, offset = 0.0F;
  };

  float xc = 1.0F, xr = 0.0F, x0 = 0.0F;
  float yc = 0.0F, yr = 1.0F, y0 = 0.0F;
  std::vector<Shade> shades{};  ///< of each channel
  float bound = 0.0F;
  float noise_std = 0.0F;
};

/// Draws one change for each id; `ids` is int64 [B] on the CPU.
std::vector<ImageChange> draw_changes(const torch::Tensor& ids, ImageShape image, const AugmentationOptions& options,
                                      RandomKey key);

/// Apply the changes without their noise. Images are float32 and dense channels-last.
torch::Tensor change_by_loops(const torch::Tensor& images, const std::vector<ImageChange>& changes);
torch::Tensor change_by_tensors(const torch::Tensor& images, const std::vector<ImageChange>& changes);

}  // namespace cebm
