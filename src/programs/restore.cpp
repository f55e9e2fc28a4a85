#include "programs/restore.h"

#include <cebm/errors.h>
#include <cebm/image_io.h>

#include <algorithm>
#include <cstdio>

#include "data/picture.h"
#include "programs/command_line.h"
#include "programs/positive_number.h"
#include "programs/program.h"
#include "programs/settings.h"

namespace cebm::app {

namespace {

constexpr std::int64_t kImagesToRestore = 8;
constexpr const char* kLowerHalf = "half";

/// Mask [1, 1, H, W], 1 for pixels to fill in: the lower half of the image, or the white pixels of the picture `name`.
torch::Tensor mask_of(const std::string& name, ImageShape image) {
  torch::Tensor free = torch::zeros({1, 1, image.height, image.width});
  if (name == kLowerHalf) {
    free.narrow(2, image.height / 2, image.height - image.height / 2).fill_(1.0);
    return free;
  }
  const Picture picture = read_png(name);
  if (picture.width != image.width || picture.height != image.height) {
    throw DataError(name + ": expected a mask of " + std::to_string(image.width) + " x " +
                    std::to_string(image.height) + " pixels, found " + std::to_string(picture.width) + " x " +
                    std::to_string(picture.height));
  }
  auto* const out = free.data_ptr<float>();
  for (std::int64_t pixel = 0; pixel < picture.width * picture.height; ++pixel) {
    out[pixel] = picture.pixels[static_cast<std::size_t>(pixel * picture.channels)] > 127 ? 1.0F : 0.0F;
  }
  const auto filled = static_cast<std::int64_t>(free.sum().item<double>());
  if (filled == 0 || filled == free.numel()) {
    throw DataError(name +
                    ": expected a mask with white pixels, which are filled in, and black ones, which are held, " +
                    "found only " + (filled == 0 ? "black" : "white"));
  }
  return free;
}

/// Float images in [-1, 1] of an .npy file, with noise of that standard deviation, or one picture.
torch::Tensor images_of(const std::filesystem::path& file, ImageShape image, double noise) {
  if (file.extension() != ".npy") return to_float(read_picture(file, image, Fit::crop));
  torch::Tensor images = read_npy(file);
  if (images.dim() == 3) images = images.unsqueeze(0);
  if (images.dim() != 4 || images.size(0) == 0 || images.size(1) != image.channels || images.size(2) != image.height ||
      images.size(3) != image.width || !images.is_floating_point()) {
    throw DataError(file.string() + ": expected float images of " + image.describe() + ", found " +
                    c10::str(images.sizes(), " of ", images.scalar_type()));
  }
  images = exact_numbers(images, torch::kFloat, file);
  require_pixel_range(images, noise, file);
  return images;
}

torch::Tensor drawn_images(const OpenedRun& run, const DataContext& context, std::int64_t count, std::uint64_t seed) {
  const auto data = run.config->data.build(context);
  if (count > data->size()) {
    throw ConfigError("--count " + std::to_string(count) + ": expected 1 .. " + std::to_string(data->size()) +
                      ", the images of the " + context.split + " split");
  }
  const auto chosen = random_subset(data->size(), count, {seed, Stream::evaluation, 0});
  return to_float(data->images.index_select(0, torch::tensor(chosen, torch::kLong))).contiguous();
}

/// Over all pixels, or over those where the mask `free` is 1 if it is defined.
double mean_squared_error(const torch::Tensor& a, const torch::Tensor& b, const torch::Tensor& free) {
  const torch::Tensor squares = (a - b).square();
  if (!free.defined()) return squares.mean().item<double>();
  const torch::Tensor counted = free.expand_as(squares);
  return ((squares * counted).sum() / counted.sum()).item<double>();
}

}  // namespace

std::filesystem::path RestoreFlags::mask() const { return inpaint == kLowerHalf ? "" : inpaint; }

void RestoreFlags::add_to(CLI::App& cli) {
  add_path(cli, "--inpaint", inpaint,
           "chains of the pixels that are white in this mask, a .png of the model's size, given the others; half: "
           "the lower half is filled in");
  cli.add_option("--denoise", sigma,
                 "chains of p(x | x + noise): images with Gaussian noise of this standard deviation are cleaned")
      ->check(positive_number());
  add_path(
      cli, "--given", given,
      "the images to restore, an .npy of float images or a picture; with --denoise they are noisy already. Default: "
      "images of --split drawn by --seed, as many as --count (8)");
  cli.add_option("--tries", tries, "chains for each image to restore")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  cli.add_option(
         "--temperature", temperature,
         "T of exp{-E(x) / T}, in which --denoise weighs the noise; default: the sampler's, noise_std^2 / alpha")
      ->check(positive_number());
}

RestoreTask restore_task(const OpenedRun& run, const RestoreFlags& flags, const DataContext& data,
                         std::optional<std::int64_t> count, std::uint64_t seed) {
  if (count.value_or(1) < 1) throw ConfigError("--count: expected at least 1, found " + std::to_string(*count));
  if (flags.temperature && !flags.sigma) throw ConfigError("--temperature: has a meaning with --denoise alone");
  const ImageShape image = run.model->image_shape();
  RestoreTask task;
  torch::Tensor images;
  if (flags.given.empty()) {
    images = task.clean = drawn_images(run, data, count.value_or(kImagesToRestore), seed);
  } else {
    images = images_of(flags.given, image, flags.sigma.value_or(0.0));
    if (count.value_or(0) > images.size(0)) {
      throw ConfigError("--count " + std::to_string(*count) + ": expected at most " + std::to_string(images.size(0)) +
                        ", the images of " + flags.given.string());
    }
    images = images.narrow(0, 0, count.value_or(images.size(0))).contiguous();
    if (!flags.sigma) task.clean = images;
  }
  if (flags.sigma) {
    if (task.clean.defined()) images = images + normal(images.sizes(), {seed, Stream::corruption}) * *flags.sigma;
    task.restoration.sigma = *flags.sigma;
    task.restoration.temperature = flags.temperature;
  }
  task.shown = images;
  if (!flags.inpaint.empty()) {
    task.restoration.free = mask_of(flags.inpaint, image);
    task.shown = images * (1.0 - task.restoration.free);
  }
  task.restoration.images = images;
  return task;
}

torch::Tensor restored_rows(const RestoreTask& task, const torch::Tensor& results, std::int64_t tries) {
  std::vector<torch::Tensor> columns;
  if (task.clean.defined()) columns.push_back(task.clean);
  columns.push_back(task.shown);
  const torch::Tensor by_image = results.unflatten(0, {results.size(0) / tries, tries});
  for (std::int64_t t = 0; t < tries; ++t) columns.push_back(by_image.select(1, t));
  return torch::stack(columns, 1).flatten(0, 1);
}

std::string restored_error(const RestoreTask& task, const torch::Tensor& results, std::int64_t tries) {
  if (!task.clean.defined()) return {};
  const torch::Tensor& free = task.restoration.free;
  const double after = mean_squared_error(results, task.clean.repeat_interleave(tries, 0), free);
  char text[128];
  if (free.defined()) {
    std::snprintf(text, sizeof text, "mean squared error of the pixels that were filled in: %.4f", after);
  } else {
    std::snprintf(text, sizeof text, "mean squared error: noisy %.4f, restored %.4f",
                  mean_squared_error(task.shown, task.clean, free), after);
  }
  return text;
}

}  // namespace cebm::app
