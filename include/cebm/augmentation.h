/// Random changes of images that preserve their content: for views of one image, for classifiers, for chains.
#pragma once

#include <cebm/options.h>
#include <cebm/random.h>
#include <torch/types.h>

#include <string>

namespace cebm {

/// The random changes of an image, each with a value that switches it off.
///
/// Geometry is one bilinear warp: the output shows a region of the input, at a random place, with the share `s` of its
/// area and the image's aspect ratio times `a`, rotated about the region's centre and possibly mirrored:
///   s ~ U[crop_scale_min, crop_scale_max],  log a ~ U[-log aspect, log aspect],  angle ~ U[-rotation, rotation].
/// Beyond the edge the nearest pixel is repeated. Then, black being -1 and white 1,
///   x <- clamp(g h (x + 1) - 1 + b, -1, 1),  g ~ U[intensity_min, intensity_max],  b ~ U[-brightness, brightness],
/// with an h of each channel, log h ~ U[-log color, log color], and Gaussian noise, which is not clamped.
struct AugmentationOptions final : Options {
  AugmentationOptions() = default;
  explicit AugmentationOptions(double of_images) : probability(of_images) {}

  double probability = 1.0;       ///< that an image is changed at all
  double crop_scale_min = 0.55;   ///< share of the area; 1 with crop_scale_max 1: no crop
  double crop_scale_max = 1.05;   ///< above 1: the image shrinks and gets a frame
  double aspect = 1.2;            ///< 1: none
  double rotation = 10.0;         ///< degrees; 0: none
  double flip_probability = 0.5;  ///< left to right; 0: none
  double intensity_min = 0.6;     ///< 1 with intensity_max 1: none
  double intensity_max = 1.3;
  double color = 1.0;       ///< 1: none
  double brightness = 0.0;  ///< 0: none
  double noise_std = 0.03;  ///< 0: none
  void fields(Fields& visit) override;

  bool changes_images() const { return probability > 0.0; }
  /// Throws ConfigError if a lower bound is above its upper one; `section` names the settings in the message.
  void require_ranges(const std::string& section) const;
};

/// Changed copies of images [B, C, H, W] in [-1, 1], float32, channels-last. An image's change is a function of (key,
/// its id) alone; `ids` is int64 [B] with values in [0, 2^32), best on the CPU, since the host needs them. Computed by
/// loops on the CPU and by LibTorch's operations on other devices; the two agree up to rounding.
torch::Tensor augmented(const torch::Tensor& images, const torch::Tensor& ids, const AugmentationOptions& options,
                        RandomKey key);

}  // namespace cebm
