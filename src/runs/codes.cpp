#include <cebm/errors.h>
#include <cebm/image_io.h>
#include <cebm/sampling.h>
#include <cebm/tiles.h>

#include "data/picture.h"

namespace cebm {

namespace {

torch::Tensor codes_of(const OpenedRun& run, const torch::Tensor& images, torch::Device device) {
  return map_rows(images.to(device).contiguous(torch::MemoryFormat::ChannelsLast),
                  [&](const torch::Tensor& x, std::int64_t) { return run.model->latent(x).to(torch::kCPU); });
}

}  // namespace

torch::Tensor read_codes(const OpenedRun& run, const std::filesystem::path& file, torch::Device device) {
  const ImageShape shape = run.model->image_shape();
  if (file.extension() != ".npy") {
    return codes_of(run, to_float(read_picture(file, shape, Fit::crop), run.model->pixel_range()), device);
  }
  torch::Tensor values = read_npy(file);
  if (values.dim() == 1 || values.dim() == 3) values = values.unsqueeze(0);
  const bool images = values.dim() == 4 && values.size(1) == shape.channels && values.size(2) == shape.height &&
                      values.size(3) == shape.width;
  const std::int64_t latent_dim =
      codes_of(run, torch::zeros({1, shape.channels, shape.height, shape.width}), device).size(1);
  const bool codes = values.dim() == 2 && values.size(1) == latent_dim;
  if (!(codes || (images && values.is_floating_point())) || values.size(0) == 0) {
    throw DataError(file.string() + ": expected codes [N, " + std::to_string(latent_dim) +
                    "] or float images [N, C, H, W] of " + shape.describe() + ", found " +
                    c10::str(values.sizes(), " of ", values.scalar_type()));
  }
  const torch::Tensor numbers = exact_numbers(values, torch::kFloat, file);
  if (images) require_pixel_range(numbers, 0.0, file);
  return images ? codes_of(run, numbers, device) : numbers;
}

}  // namespace cebm
