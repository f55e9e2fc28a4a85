#include <ATen/ops/empty_like.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>
#include <cebm/augmentation.h>
#include <cebm/errors.h>

#include "base/option_text.h"
#include "core/image_change.h"
#include "core/upload.h"

namespace cebm {

namespace {

void require_order(const std::string& section, const char* low_name, double low, const char* high_name, double high) {
  if (low <= high) return;
  throw ConfigError(section + "." + low_name + ": expected at most " + high_name + " (" + number_text(high) +
                    "), found " + number_text(low));
}

torch::Tensor noise_stds(const std::vector<ImageChange>& changes, const torch::Tensor& images) {
  std::vector<float> stds;
  for (const ImageChange& change : changes) stds.push_back(change.noise_std);
  return uploaded(at::tensor(stds), images.device()).view({-1, 1, 1, 1});
}

}  // namespace

void AugmentationOptions::fields(Fields& visit) {
  visit.real("probability", probability, {0.0, 1.0}, "that an image is changed at all; 0: none is");
  visit.when({probability > 0.0, "probability: above 0"}, [&] {
    visit.real("crop_scale_min", crop_scale_min, {0.01, 4.0},
               "least share of the image's area that is shown; 1 with crop_scale_max 1: all of it");
    visit.real("crop_scale_max", crop_scale_max, {0.01, 4.0}, "largest share; above 1 the image shrinks");
    visit.real("aspect", aspect, {1.0, 10.0}, "largest factor of the proportions, either way; 1: none");
    visit.real("rotation", rotation, {0.0, 180.0}, "largest angle in degrees, either way; 0: none");
    visit.real("flip_probability", flip_probability, {0.0, 1.0}, "that left and right are exchanged; 0: never");
    visit.real("intensity_min", intensity_min, {0.0, 100.0},
               "least factor of a pixel's distance from black; 1 with intensity_max 1: none");
    visit.real("intensity_max", intensity_max, {0.0, 100.0}, "largest factor");
    visit.real("color", color, {1.0, 100.0},
               "largest further factor of each colour channel by itself, either way; 1: none");
    visit.real("brightness", brightness, {0.0, 2.0}, "largest number added to all pixels, either way; 0: none");
    visit.real("noise_std", noise_std, {0.0, 10.0}, "std of Gaussian noise; 0: none");
  });
}

void AugmentationOptions::require_ranges(const std::string& section) const {
  require_order(section, "crop_scale_min", crop_scale_min, "crop_scale_max", crop_scale_max);
  require_order(section, "intensity_min", intensity_min, "intensity_max", intensity_max);
}

torch::Tensor augmented(const torch::Tensor& images, const torch::Tensor& ids, const AugmentationOptions& options,
                        RandomKey key) {
  const torch::NoGradGuard no_graph;
  const torch::Tensor dense = images.to(at::kFloat).contiguous(at::MemoryFormat::ChannelsLast);
  const auto changes = draw_changes(ids.to(at::kCPU).contiguous(),
                                    ImageShape{images.size(1), images.size(2), images.size(3)}, options, key);
  torch::Tensor result = dense.is_cpu() ? change_by_loops(dense, changes) : change_by_tensors(dense, changes);
  if (options.noise_std > 0.0) {
    const torch::Tensor noise = at::empty_like(result);
    fill_normal(noise, key, uploaded(ids, noise.device()));
    result.add_(noise.mul_(noise_stds(changes, result)));
  }
  return result;
}

}  // namespace cebm
