/// Random changes of images that leave alone what they show: for views of one image, for classifiers, for chains.
#pragma once

#include <cebm/options.h>
#include <cebm/random.h>
#include <torch/types.h>

#include <string>

namespace cebm {

/// What may happen to an image, each part with a value that switches it off.
///
/// Geometry is one bilinear warp: the output shows a part of the input with the share `s` of its area and the
/// proportions of the image times `a`, somewhere in it, turned about the part's centre and perhaps mirrored:
///   s ~ U[crop_scale_min, crop_scale_max],  log a ~ U[-log aspect, log aspect],  angle ~ U[-rotation, rotation].
/// Beyond the edge the nearest pixel goes on. Then, black being -1 and white 1,
///   x <- clamp(g (x + 1) - 1 + b, -1, 1),  g ~ U[intensity_min, intensity_max],  b ~ U[-brightness, brightness],
/// and Gaussian noise, which is not clamped.
struct AugmentationOptions final : Options {
  AugmentationOptions() = default;
  explicit AugmentationOptions(double of_images) : probability(of_images) {}

  double probability = 1.0;       ///< that an image is changed at all
  double crop_scale_min = 0.55;   ///< share of the area; 1 with crop_scale_max 1: no crop
  double crop_scale_max = 1.05;   ///< above 1: smaller, with a frame around
  double aspect = 1.2;            ///< 1: none
  double rotation = 10.0;         ///< degrees; 0: none
  double flip_probability = 0.5;  ///< left to right; 0: none
  double intensity_min = 0.6;     ///< 1 with intensity_max 1: none
  double intensity_max = 1.3;
  double brightness = 0.0;  ///< 0: none
  double noise_std = 0.03;  ///< 0: none
  void fields(Fields& visit) override;

  bool changes_images() const { return probability > 0.0; }
  /// Throws ConfigError if a lower bound is above its upper one; `section` is where the settings stand.
  void require_ranges(const std::string& section) const;
};

/// Changed copies of images [B, C, H, W] in [-1, 1], float32, channels-last. What happens to an image is a function of
/// (key, its id) alone; `ids` is int64 [B] with values in [0, 2^32). By loops on the CPU, through LibTorch's operations
/// elsewhere; the two agree but for rounding.
torch::Tensor augmented(const torch::Tensor& images, const torch::Tensor& ids, const AugmentationOptions& options,
                        RandomKey key);

}  // namespace cebm
